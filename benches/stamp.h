/* Notes a moment of the monotonic clock in a file: one write, so that lines of several processes never mix. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void stamp(int file, const char *word) {
    struct timespec now;
    char line[96];
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(line, sizeof line, "%s %lld %d\n", word,
                          (long long)now.tv_sec * 1000000000LL + now.tv_nsec, (int)getpid());
    if (write(file, line, (size_t)length) != length) exit(9);
}

static int open_stamps(const char *path) {
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) exit(9);
    return file;
}
