/* bare_spawn COUNT FILE PROGRAM [ARGUMENT...]: starts that many, waits for a line on its input, ends and reaps them all.
 * Notes in FILE: `start` before the first fork; `stop` before the first signal; `gone` after the last is reaped. */
#include "stamp.h"
#include <signal.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int count = atoi(argv[1]);
    int file = open_stamps(argv[2]);
    pid_t *children = calloc((size_t)count, sizeof *children);
    if (!children) return 9;
    stamp(file, "start");
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        if (children[i] < 0) return 9;
        if (children[i] == 0) {
            execv(argv[3], argv + 3);
            _exit(127);
        }
    }
    char byte;
    if (read(0, &byte, 1) < 0) return 9;
    stamp(file, "stop");
    for (int i = 0; i < count; i++) kill(children[i], SIGTERM);
    for (int i = 0; i < count; i++) waitpid(children[i], NULL, 0);
    stamp(file, "gone");
    return 0;
}
