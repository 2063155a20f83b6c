/* bare_respawn COUNT PROGRAM ARGUMENT...: runs the program COUNT times, each as soon as the last one has ended.
 * The arguments hold no spaces or quotes. */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

int main(int argc, char **argv) {
    char line[2048] = "", again[2048];
    if (argc < 3) return 2;
    for (int i = 2; i < argc; i++) {
        if (strlen(line) + strlen(argv[i]) + 2 > sizeof line) return 2;
        strcat(strcat(line, i > 2 ? " " : ""), argv[i]);
    }
    for (int left = atoi(argv[1]); left > 0; left--) {
        STARTUPINFOA start;
        memset(&start, 0, sizeof start);
        start.cb = sizeof start;
        PROCESS_INFORMATION child;
        strcpy(again, line);
        if (!CreateProcessA(NULL, again, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &child)) return 9;
        WaitForSingleObject(child.hProcess, INFINITE);
        CloseHandle(child.hThread);
        CloseHandle(child.hProcess);
    }
    return 0;
}
