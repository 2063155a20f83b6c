//! Starting a program in a job of its own, with a hidden console of its own and exactly three inherited handles.

mod input;

use std::ffi::OsString;
use std::io;
use std::os::windows::io::OwnedHandle;
use std::sync::Arc;

use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT,
    ERROR_COMMITMENT_LIMIT, ERROR_DIRECTORY, ERROR_ELEVATION_REQUIRED, ERROR_EXE_MACHINE_TYPE_MISMATCH,
    ERROR_FILE_NOT_FOUND, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_ENOUGH_QUOTA,
    ERROR_OUTOFMEMORY, ERROR_PATH_NOT_FOUND, ERROR_TOO_MANY_OPEN_FILES, ERROR_VIRUS_INFECTED,
    HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::Threading::{CREATE_NO_WINDOW, GetCurrentProcess};

use super::{Output, Prepared, SpawnError, SpawnErrorKind, SpawnRequest, Spawned, Stdin};
use crate::identity::INVOCATION_VARIABLE;
use crate::limits;
use crate::program::{is_batch_file, windows::without_verbatim, windows_command_line};
use crate::stdio::OutputEnd;
use crate::tree::Tree;
use crate::tree::imp::TreeImp;
use crate::windows::child::{self, ChildRequest};
use crate::windows::job::Job;
use crate::windows::pipe::{self, Direction};
use crate::windows::{check, environment, is_error, own, system_folder};

pub(crate) use input::InputEnd;

pub(crate) fn spawn(request: SpawnRequest) -> Result<Spawned, SpawnError> {
    start(&request).map_err(|source| SpawnError {
        kind: classify(&source, &request),
        source,
        program: request.program.clone(),
    })
}

fn start(request: &SpawnRequest) -> io::Result<Spawned> {
    if request.user.is_some() {
        return Err(unsupported(
            "running as another user is not available on Windows yet",
        ));
    }
    if request.open_files.is_some() {
        return Err(unsupported("Windows has no limit on open files to set"));
    }
    if !request.program.is_absolute() {
        // The system would search for it, in the current folder among others.
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the program's path is not absolute",
        ));
    }
    let program = without_verbatim(&request.program);
    let command_line = windows_command_line(&program, &request.args)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let application = if is_batch_file(&program) {
        // A batch file that does not exist would be cmd's error, long after the start.
        std::fs::metadata(&program)?;
        system_folder()?.join("cmd.exe")
    } else {
        program
    };
    let mut variables = request.env.clone();
    variables.push((INVOCATION_VARIABLE.into(), OsString::from(&request.invocation)));
    let environment = environment::block(&variables)?;
    let stdin = stdin(request.stdin)?;
    let stdout = output(request.output, STD_OUTPUT_HANDLE)?;
    let stderr = output(request.output, STD_ERROR_HANDLE)?;
    let job = Job::new()?;
    let unenforced = limits::windows::restrict(&job, &request.limits);
    let child = child::create(&ChildRequest {
        application: &application,
        command_line: &command_line,
        cwd: Some(&without_verbatim(&request.cwd)),
        environment: Some(&environment),
        stdio: Some([&stdin.childs, &stdout.childs, &stderr.childs]),
        // A console of its own that nobody sees: events for it reach this run only. No new process group, which would
        // switch Ctrl-C off.
        flags: CREATE_NO_WINDOW | limits::windows::creation_flag(request.limits.priority),
        job: &job,
    })?;
    let captured = |end: Ends| {
        end.ours.map(|handle| OutputEnd {
            inner: crate::stdio::windows::OutputEnd::new(handle),
        })
    };
    Ok(Spawned {
        tree: Tree {
            inner: Arc::new(TreeImp::new(job, child)),
        },
        stdout: captured(stdout),
        stderr: captured(stderr),
        stdin: stdin.ours.map(|handle| super::InputEnd {
            inner: InputEnd::new(handle),
        }),
        unenforced,
    })
}

fn unsupported(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, message)
}

/// One standard handle. The child's side closes here once the child has its own.
struct Ends {
    childs: OwnedHandle,
    ours: Option<OwnedHandle>,
}

fn stdin(kind: Stdin) -> io::Result<Ends> {
    match kind {
        Stdin::Null => Ok(Ends {
            childs: pipe::null_device(Direction::ToChild)?,
            ours: None,
        }),
        Stdin::Pipe => {
            let pipe = pipe::create(Direction::ToChild)?;
            Ok(Ends {
                childs: pipe.childs,
                ours: Some(pipe.ours),
            })
        }
    }
}

fn output(kind: Output, which: STD_HANDLE) -> io::Result<Ends> {
    match kind {
        Output::Captured => {
            let pipe = pipe::create(Direction::FromChild)?;
            Ok(Ends {
                childs: pipe.childs,
                ours: Some(pipe.ours),
            })
        }
        Output::Null => Ok(Ends {
            childs: pipe::null_device(Direction::FromChild)?,
            ours: None,
        }),
        Output::Inherit => {
            let childs = match inheritable_copy(which)? {
                Some(copy) => copy,
                None => pipe::null_device(Direction::FromChild)?,
            };
            Ok(Ends { childs, ours: None })
        }
    }
}

/// An inheritable copy of one of our standard handles; `None` when we have none (a service).
fn inheritable_copy(which: STD_HANDLE) -> io::Result<Option<OwnedHandle>> {
    // SAFETY: a plain number; the handle stays the process's own.
    let handle = unsafe { GetStdHandle(which) };
    if handle.is_null() || handle == windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE {
        return Ok(None);
    }
    let mut copy = std::ptr::null_mut();
    // SAFETY: the pseudo handle is always valid, a stale standard handle is answered by an error, and the out parameter lives
    // through the call.
    unsafe {
        let ourselves = GetCurrentProcess();
        check(DuplicateHandle(
            ourselves,
            handle,
            ourselves,
            &mut copy,
            0,
            1,
            DUPLICATE_SAME_ACCESS,
        ))?;
        own(copy).map(Some)
    }
}

fn classify(error: &io::Error, request: &SpawnRequest) -> SpawnErrorKind {
    let any = |codes: &[u32]| codes.iter().any(|code| is_error(error, *code));
    if any(&[
        ERROR_NOT_ENOUGH_MEMORY,
        ERROR_OUTOFMEMORY,
        ERROR_NO_SYSTEM_RESOURCES,
        ERROR_COMMITMENT_LIMIT,
        ERROR_NOT_ENOUGH_QUOTA,
        ERROR_TOO_MANY_OPEN_FILES,
    ]) {
        SpawnErrorKind::OutOfResources
    } else if any(&[ERROR_DIRECTORY]) || !request.cwd.is_dir() {
        // The system reports a missing working folder in the words of a missing program.
        SpawnErrorKind::BadWorkingFolder
    } else if any(&[ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND]) {
        SpawnErrorKind::NotFound
    } else if any(&[ERROR_BAD_EXE_FORMAT, ERROR_EXE_MACHINE_TYPE_MISMATCH]) || request.program.is_dir() {
        SpawnErrorKind::NotExecutable
    } else if any(&[
        ERROR_ACCESS_DENIED,
        ERROR_ELEVATION_REQUIRED,
        ERROR_VIRUS_INFECTED,
    ]) {
        SpawnErrorKind::PermissionDenied
    } else {
        SpawnErrorKind::Other
    }
}

pub(crate) fn prepare_director() -> io::Result<Prepared> {
    // No dialog that nobody can answer; children inherit the mode. The only effect of the calls is on this process.
    // SAFETY: plain numbers.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX) };
    // SAFETY: no handler is passed: this switches off that we ignore Ctrl-C. It fails only where there is no console.
    unsafe { SetConsoleCtrlHandler(None, 0) };
    for which in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // A console handle of old systems or a closed handle cannot be changed, and is not inherited either: no error.
        // SAFETY: plain values; an invalid handle is answered by an error.
        unsafe { SetHandleInformation(GetStdHandle(which), HANDLE_FLAG_INHERIT, 0) };
    }
    // Found out now rather than at the first start.
    Job::new()?;
    Ok(Prepared {
        open_files: None,
        containment: "job object",
    })
}
