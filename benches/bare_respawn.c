/* bare_respawn COUNT PROGRAM [ARGUMENT...]: runs the program COUNT times, each as soon as the last one has ended. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    for (int left = atoi(argv[1]); left > 0; left--) {
        pid_t child = fork();
        if (child < 0) return 9;
        if (child == 0) {
            execv(argv[2], argv + 2);
            _exit(127);
        }
        if (waitpid(child, NULL, 0) != child) return 9;
    }
    return 0;
}
