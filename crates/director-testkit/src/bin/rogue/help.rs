//! The text of `--help`, in one place.

pub(crate) const TEXT: &str = "\
rogue: a program that misbehaves on request, to test supervisors.

usage: rogue [OPTION...]        every flag is one behaviour; they combine in any order
       rogue --fast-exit CODE   exit at once, before anything else is looked at

Without a flag that ends it, rogue stays alive until --lifetime is over (exit code 124).

Rungs: term, int, hup, quit, usr1, usr2 (Linux); ctrl-c, ctrl-break, close (Windows; close is WM_CLOSE
and needs --window). Names of the other system are accepted and have no effect.
  --ignore RUNG,RUNG|all       ignore these
  --on-RUNG \"exit CODE [after MS]\"   answer this one politely (wins over --ignore)
  --record PATH                append `rung NAME` for each ignored or answered rung that arrives,
                               and `request METHOD PATH` for each HTTP request

Ending (at most one; comes after everything else):
  --exit CODE                  exit; decimal or 0x..., up to 32 bits on Windows
  --abort, --segfault          crash
  --suspend-self               stop oneself: SIGSTOP, or all threads suspended
  --after MS                   do the above only after this time
  --stdin-quit                 exit 0 when a line `quit` is read on stdin, or it closes
  --lifetime SECONDS           no process of this run lives longer (default 120)

Processes:
  --fork MODE                  start a grandchild that lives until it is killed; repeat for more.
                               MODE: child (plain) | ignore (ignores every rung) | session (own session,
                               or own console) | daemonise (double fork, the middle one exits) | pipe
                               (keeps our stdout and stderr open; all others let go of them) | clear-env
                               (empty environment, own session). Join several: session+ignore
  --main-exits-first           exit 0 (or --exit CODE) when all grandchildren are up
  --write-pid PATH             append `ROLE PID` for oneself (main) and each grandchild (its MODE)
  --counter PATH               append `start PID UNIX_MS`; or `DUPLICATE PID UNIX_MS` if another one
                               that counts in the same file is alive

Output, in the order given:
  --say TEXT, --complain TEXT  a line on stdout, on stderr
  --partial TEXT               on stdout, without a newline
  --env NAME                   the variable's value, or (unset)
  --cwd                        the current folder
  --fds                        descriptors or handles inherited beyond stdio: `VALUE WHAT`
  --flood BYTES                numbered lines as fast as possible: 12 digits, a space, filler, newline
  --line N                     bytes of each flood line, newline included (default 120)
  --flood-to stdout|stderr|both   default stdout
  --no-newline BYTES           numbered text without any newline
  --binary                     all 256 byte values, then a newline
  --pause MS                   wait before the next output
  --note PATH                  append the variables `DIRECTOR_*` as `NAME=VALUE|NAME=VALUE`, by name
  --need PATH                  exit with code 95 unless this is there
  --wait-for PATH              wait until this is there
  --tick MS                    beside all that: a line `tick N` on stdout every MS
  --args ARG...                must come last: each further argument on a line, exactly; as hex:...
                               where it is not printable UTF-8
BYTES: a number with an optional suffix k, m, g; or `forever`.

HTTP:
  --port P                     listen and answer each request; 0 takes any and says `port P` on stdout
  --bind HOST                  default 127.0.0.1
  --status CODE                default 200
  --body TEXT                  default {\"status\":\"healthy\"}
  --slow MS                    wait before the answer
  --redirect URL               302 to URL
  --huge-body, --huge-headers  64 MiB of body, 8 MiB of headers
  --drip                       the answer at one byte a second
  --health-file PATH           read for each request: line 1 `STATUS [slow=MS] [redirect=URL] [drip]
                               [huge-body] [huge-headers]`, the rest is the body

Holding things:
  --lock PATH                  exclusive lock on the whole file (flock, LockFileEx)
  --sqlite-lock PATH           the byte ranges of an SQLite EXCLUSIVE lock
  --hold KIND=PATH             the file open; repeat for more. KIND: read, write | Linux: mapped (and no
                               descriptor), flock, flock-shared, posix, posix-shared (one byte), ofd, lease |
                               Windows: share-none, share-read, bytes (one byte, by LockFileEx)
  --hold-in-child KIND=PATH    the same, but a child has it and we do not
  --eat MB [--per-second]      take and touch memory, once or every second
  --window                     Windows: a hidden top-level window; WM_CLOSE exits 7

Exit codes of its own: 2 usage, 95 a needed file is missing, 96 set-up failed, 97 lock is held, 98 port cannot be listened on,
99 output failed, 124 lifetime over.
";
