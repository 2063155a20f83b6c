/* crasher FILE MILLISECONDS: begins, lives that long, ends with code 1. */
#include "stamp.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int file = open_stamps(argv[1]);
    stamp(file, "begin");
    int life = atoi(argv[2]);
    struct timespec time = {life / 1000, (life % 1000) * 1000000L};
    nanosleep(&time, NULL);
    stamp(file, "end");
    _exit(1);
}
