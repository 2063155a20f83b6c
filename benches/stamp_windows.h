/* Notes a moment of the performance counter in a file, by one appending write. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static void stamp(HANDLE file, const char *word) {
    LARGE_INTEGER now, per_second;
    char line[96];
    DWORD written;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&per_second);
    long long seconds = now.QuadPart / per_second.QuadPart, rest = now.QuadPart % per_second.QuadPart;
    int length = snprintf(line, sizeof line, "%s %lld %lu\n", word,
                          seconds * 1000000000LL + rest * 1000000000LL / per_second.QuadPart,
                          (unsigned long)GetCurrentProcessId());
    if (!WriteFile(file, line, (DWORD)length, &written, NULL)) exit(9);
}

static HANDLE open_stamps(const char *path) {
    HANDLE file = CreateFileA(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) exit(9);
    return file;
}
