//! Everything the child needs, prepared beforehand: between its birth and its first instruction it may neither allocate nor lock.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use super::super::SpawnRequest;
use super::{ChildStdio, limits};
use crate::accounts::Account;
use crate::identity::INVOCATION_VARIABLE;
use crate::limits::Unenforced;
use crate::limits::linux::OwnLimits;
use crate::linux::mark;

/// What failed, so that the error can be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Step {
    Prepare = 1,
    Birth,
    Containment,
    Stdio,
    Limits,
    Account,
    Folder,
    Execute,
}

impl Step {
    fn from_number(number: i32) -> Option<Self> {
        [
            Self::Prepare,
            Self::Birth,
            Self::Containment,
            Self::Stdio,
            Self::Limits,
            Self::Account,
            Self::Folder,
            Self::Execute,
        ]
        .into_iter()
        .find(|step| *step as i32 == number)
    }
}

/// The prepared start. The pointer lists point into the strings beside them.
pub(super) struct Plan {
    pub(super) program: CString,
    pub(super) folder: CString,
    pub(super) argv: Pointers,
    pub(super) envp: Pointers,
    pub(super) stdio: [libc::c_int; 3],
    pub(super) cgroup_entry: Option<CString>,
    pub(super) open_files: Option<libc::rlimit>,
    /// Set by the child when it had to do with the hard limit.
    pub(super) open_files_refused: AtomicBool,
    pub(super) limits: OwnLimits,
    pub(super) mark: Option<libc::rlimit>,
    pub(super) account: Option<Account>,
    pub(super) parent: libc::pid_t,
    /// Written by the child, read by the parent after the child has let go of the shared memory.
    failed_step: AtomicI32,
    failed_errno: AtomicI32,
}

/// A null-terminated list of C strings.
pub(super) struct Pointers {
    _strings: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Pointers {
    fn new(strings: Vec<CString>) -> Self {
        // The bytes of a CString stay where they are when the CString itself moves.
        let pointers = strings
            .iter()
            .map(|text| text.as_ptr())
            .chain([std::ptr::null()])
            .collect();
        Self {
            _strings: strings,
            pointers,
        }
    }

    pub(super) fn as_ptr(&self) -> *const *const libc::c_char {
        self.pointers.as_ptr()
    }
}

impl Plan {
    pub(super) fn new(
        request: &SpawnRequest,
        stdio: &ChildStdio,
        cgroup_entry: Option<PathBuf>,
    ) -> io::Result<Self> {
        if !request.program.is_absolute() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the program's path is not absolute",
            ));
        }
        let mut argv = vec![c_string(request.program.as_os_str())?];
        for argument in &request.args {
            argv.push(c_string(argument)?);
        }
        let mark = (
            OsString::from(INVOCATION_VARIABLE),
            OsString::from(&request.invocation),
        );
        let inherited = request.env.iter().filter(|(name, _)| *name != mark.0);
        let envp = inherited
            .chain([&mark])
            .map(|(name, value)| variable(name, value))
            .collect::<io::Result<_>>()?;
        // SAFETY: getpid has no preconditions and cannot fail.
        let parent = unsafe { libc::getpid() };
        Ok(Self {
            program: c_string(request.program.as_os_str())?,
            folder: c_string(request.cwd.as_os_str())?,
            argv: Pointers::new(argv),
            envp: Pointers::new(envp),
            stdio: std::array::from_fn(|index| stdio[index].as_ref().map_or(-1, AsRawFd::as_raw_fd)),
            cgroup_entry: cgroup_entry.map(|path| c_string(path.as_os_str())).transpose()?,
            open_files: limits::for_child(request.open_files)?,
            open_files_refused: AtomicBool::new(false),
            limits: OwnLimits::new(&request.limits),
            mark: mark::limit_for(&request.invocation)?,
            account: request.user.clone(),
            parent,
            failed_step: AtomicI32::new(0),
            failed_errno: AtomicI32::new(0),
        })
    }

    /// The limits of this start that the system does not keep for the child, which is `pid`.
    pub(super) fn unenforced(&self, request: &SpawnRequest, pid: u32) -> Vec<Unenforced> {
        let mut found = self.limits.unenforced(&request.limits, pid);
        if self.open_files_refused.load(Ordering::Acquire) {
            found.extend(limits::refused(request.open_files));
        }
        found
    }

    /// Async-signal-safe: two stores.
    pub(super) fn fail(&self, step: Step, errno: i32) {
        self.failed_errno.store(errno, Ordering::Relaxed);
        self.failed_step.store(step as i32, Ordering::Release);
    }

    pub(super) fn failure(&self) -> Option<(Step, io::Error)> {
        let step = Step::from_number(self.failed_step.load(Ordering::Acquire))?;
        Some((
            step,
            io::Error::from_raw_os_error(self.failed_errno.load(Ordering::Relaxed)),
        ))
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a text contains a NUL byte"))
}

fn variable(name: &OsStr, value: &OsStr) -> io::Result<CString> {
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name of an environment variable is empty or contains `=`",
        ));
    }
    let mut entry = Vec::with_capacity(name.len() + value.len() + 2);
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'=');
    entry.extend_from_slice(value.as_bytes());
    c_string(&OsString::from_vec(entry))
}
