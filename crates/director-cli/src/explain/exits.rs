//! What an exit status usually means.

use director_core::words::ExitKind;

/// A sentence about a status that has a well-known meaning.
///
/// Signals: signal(7). Codes of Windows: NTSTATUS Values in the Windows protocol documents. 126 and 127: the POSIX shell.
pub(super) fn meaning(status: ExitKind) -> Option<&'static str> {
    match status {
        ExitKind::Signal(number) => signal(number),
        ExitKind::Code(code) => self::code(code),
        ExitKind::Unknown => None,
    }
}

const fn signal(number: i32) -> Option<&'static str> {
    Some(match number {
        4 => "SIGILL: the program met an instruction that this processor does not have",
        6 => "SIGABRT: the program gave up by itself, for example on a failed assertion; its output says why",
        7 => "SIGBUS: the program accessed memory that is not there, for example of a file cut short",
        8 => "SIGFPE: the program divided by zero",
        9 => {
            "SIGKILL: somebody killed it, or the kernel did for lack of memory (the system's log says so then)"
        }
        11 => "SIGSEGV: the program accessed memory it may not; a fault in it or in one of its libraries",
        15 => "SIGTERM: somebody other than the director asked it to end",
        _ => return None,
    })
}

const fn code(code: i64) -> Option<&'static str> {
    Some(match code {
        126 => "exit code 126 is a shell's way to say that the program is not executable",
        127 => "exit code 127 is a shell's way to say that the program was not found",
        0xC000_0005 => {
            "0xC0000005: the program accessed memory it may not; a fault in it or in one of its libraries"
        }
        0xC000_0017 => "0xC0000017: there was not enough memory",
        0xC000_001D => "0xC000001D: the program met an instruction that this processor does not have",
        0xC000_00FD => "0xC00000FD: the program used up its stack",
        0xC000_0135 => "0xC0000135: a DLL that the program needs was not found",
        0xC000_0139 => "0xC0000139: a DLL that the program uses is of another version",
        0xC000_013A => {
            "0xC000013A: the program was ended by Ctrl-C, Ctrl-Break or the closing of its console"
        }
        0xC000_0142 => "0xC0000142: a DLL that the program uses could not be initialised",
        0xC000_0374 => "0xC0000374: the program damaged its own memory (heap corruption)",
        0xC000_0409 => {
            "0xC0000409: the program ended itself at once after it found its memory damaged, or by abort()"
        }
        0xE043_4352 => "0xE0434352: a .NET exception that nobody caught; the output has it",
        _ => return None,
    })
}
