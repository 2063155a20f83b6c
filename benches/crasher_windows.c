/* crasher FILE MILLISECONDS: begins, lives that long, ends with code 1. */
#include "stamp_windows.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    HANDLE file = open_stamps(argv[1]);
    stamp(file, "begin");
    Sleep((DWORD)atoi(argv[2]));
    stamp(file, "end");
    ExitProcess(1);
}
