/* flooder LINES FILE [linger]: that many numbered lines of 120 bytes, as fast as they are taken.
 * With `linger` it then waits for a signal instead of ending. */
#include "stamp.h"
#include <string.h>

enum { LINE = 120, LINES = 512 };

static void write_all(const char *from, size_t length) {
    while (length > 0) {
        ssize_t done = write(1, from, length);
        if (done <= 0) exit(9);
        from += done;
        length -= (size_t)done;
    }
}

int main(int argc, char **argv) {
    static char block[LINE * LINES];
    if (argc < 3) return 2;
    long total = atol(argv[1]);
    int file = open_stamps(argv[2]);
    memset(block, 'x', sizeof block);
    for (int i = 0; i < LINES; i++) {
        block[i * LINE + 12] = ' ';
        block[i * LINE + LINE - 1] = '\n';
    }
    stamp(file, "begin");
    for (long line = 0; line < total;) {
        int count = 0;
        for (; count < LINES && line < total; count++, line++) {
            long rest = line;
            char *digits = block + count * LINE;
            for (int place = 11; place >= 0; place--, rest /= 10) digits[place] = (char)('0' + rest % 10);
        }
        write_all(block, (size_t)count * LINE);
    }
    stamp(file, "end");
    while (argc > 3) pause();
    return 0;
}
