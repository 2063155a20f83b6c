/* sleeper FILE: begins, then waits for a signal, whose default action ends it. */
#include "stamp.h"

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    stamp(open_stamps(argv[1]), "begin");
    for (;;) pause();
}
