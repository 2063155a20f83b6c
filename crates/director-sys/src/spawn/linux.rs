//! Spawning by `clone` with shared memory and a suspended parent: no copy of page tables, so the cost does not grow with the
//! director, and an error of the child comes back through a variable.

mod child;
mod input;
mod limits;
mod plan;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::{
    InputEnd as PublicInputEnd, Output, Prepared, SpawnError, SpawnErrorKind, SpawnRequest, Spawned, Stdin,
};
use crate::identity::ProcessId;
use crate::linux::signals::Mask;
use crate::linux::{check, pidfd, procfs};
use crate::stdio::{OutputEnd, linux as stdio};
use crate::tree::Tree;
use crate::tree::linux::TreeImp;
use crate::tree::linux::cgroup::{self, Leaf};
use crate::tree::linux::registry::Birth;
pub(crate) use input::InputEnd;
use plan::{Plan, Step};

pub(crate) fn prepare_director() -> io::Result<Prepared> {
    become_subreaper()?;
    // Only the reaper takes it, and only while it waits: a hundred children that end together interrupt nobody.
    Mask::block(libc::SIGCHLD)?;
    let open_files = limits::raise_open_files()?;
    cgroup::sweep();
    let containment = match cgroup::base() {
        Some(_) => "cgroup v2",
        None => "process group and subreaper",
    };
    Ok(Prepared {
        open_files,
        containment,
    })
}

fn become_subreaper() -> io::Result<()> {
    // SAFETY: PR_SET_CHILD_SUBREAPER takes one integer; unused arguments are zero as prctl(2) asks.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// Our ends of the child's stdio.
#[derive(Default)]
struct Ends {
    stdin: Option<PublicInputEnd>,
    stdout: Option<OutputEnd>,
    stderr: Option<OutputEnd>,
    pipes: Vec<u64>,
}

pub(crate) fn spawn(request: SpawnRequest) -> Result<Spawned, SpawnError> {
    let program = request.program.clone();
    let failed = |(step, source): (Step, io::Error)| SpawnError {
        kind: kind_of(step, &source, &program),
        source,
        program: program.clone(),
    };
    try_spawn(&request).map_err(failed)
}

fn try_spawn(request: &SpawnRequest) -> Result<Spawned, (Step, io::Error)> {
    let preparing = |error: io::Error| (Step::Prepare, error);
    become_subreaper().map_err(preparing)?;
    let mut ends = Ends::default();
    let stdio = child_stdio(request, &mut ends).map_err(preparing)?;
    let leaf = Leaf::create(&request.invocation).map_err(preparing)?;
    let mut unenforced = cgroup::restrict(leaf.as_ref(), &request.limits);
    let plan = Plan::new(request, &stdio, leaf.as_ref().map(Leaf::entry)).map_err(preparing)?;
    let birth = Birth::begin();
    let born = child::give_birth(&plan).inspect_err(|_| {
        if let Some(leaf) = &leaf {
            leaf.remove();
        }
    })?;
    unenforced.extend(plan.unenforced(request, born.pid));
    let Ends {
        stdin,
        stdout,
        stderr,
        pipes,
    } = ends;
    let main = identity_of_child(born.pid).map_err(|error| {
        // Without an identity it cannot be supervised; it is still held by its pidfd.
        let _ = pidfd::signal(born.pidfd.as_fd(), libc::SIGKILL);
        let _ = pidfd::wait_pid(born.pid, true);
        preparing(error)
    })?;
    let tree = Arc::new(TreeImp::new(
        main,
        born.pidfd,
        request.invocation.clone(),
        pipes,
        leaf,
    ));
    birth.register(&tree);
    drop(birth);
    Ok(Spawned {
        tree: Tree { inner: tree },
        stdout,
        stderr,
        stdin,
        unenforced,
    })
}

/// The child cannot be reaped by anybody yet, so its line is there even if it has ended.
fn identity_of_child(pid: u32) -> io::Result<ProcessId> {
    let stat = procfs::stat(pid)?.ok_or_else(|| io::Error::other("cannot find the new process in /proc"))?;
    Ok(stat.id)
}

/// What becomes the child's standard input, output and error; `None` leaves ours in place.
type ChildStdio = [Option<OwnedFd>; 3];

fn child_stdio(request: &SpawnRequest, ends: &mut Ends) -> io::Result<ChildStdio> {
    let stdin = match request.stdin {
        Stdin::Null => null_device()?,
        Stdin::Pipe => {
            let (theirs, ours) = pipe()?;
            stdio::set_nonblocking(ours.as_fd())?;
            ends.stdin = Some(PublicInputEnd {
                inner: InputEnd::new(File::from(ours)),
            });
            theirs
        }
    };
    let (stdout, stderr) = match request.output {
        Output::Inherit => (None, None),
        Output::Null => (Some(null_device()?), Some(null_device()?)),
        Output::Captured => {
            let (out, err) = (captured(&mut ends.pipes)?, captured(&mut ends.pipes)?);
            ends.stdout = Some(out.1);
            ends.stderr = Some(err.1);
            (Some(out.0), Some(err.0))
        }
    };
    Ok([Some(stdin), stdout, stderr])
}

fn captured(pipes: &mut Vec<u64>) -> io::Result<(OwnedFd, OutputEnd)> {
    let (ours, theirs) = pipe()?;
    let end = stdio::OutputEnd::new(File::from(ours))?;
    pipes.push(end.file().metadata()?.ino());
    Ok((theirs, OutputEnd { inner: end }))
}

fn null_device() -> io::Result<OwnedFd> {
    above_stdio(File::options().read(true).write(true).open("/dev/null")?.into())
}

/// Read end and write end, neither inheritable.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` is valid for writing two descriptors.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    // SAFETY: the call succeeded, so both are new descriptors that nobody else owns.
    let (read, write) = unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) };
    Ok((above_stdio(read)?, above_stdio(write)?))
}

/// A descriptor below 3 (when one of ours was closed) would be overwritten while the child's stdio is put in place.
fn above_stdio(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    // SAFETY: F_DUPFD_CLOEXEC takes an integer; the descriptor is open.
    let high = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(high) })
}

fn kind_of(step: Step, source: &io::Error, program: &std::path::Path) -> SpawnErrorKind {
    let Some(errno) = source.raw_os_error() else {
        return SpawnErrorKind::Other;
    };
    match (step, errno) {
        (_, libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => SpawnErrorKind::OutOfResources,
        (Step::Folder, _) => SpawnErrorKind::BadWorkingFolder,
        (Step::Execute, libc::ENOENT | libc::ENOTDIR) => SpawnErrorKind::NotFound,
        (Step::Execute, libc::ENOEXEC | libc::EISDIR | libc::ELIBBAD) => SpawnErrorKind::NotExecutable,
        (Step::Execute, libc::EACCES) if program.is_dir() => SpawnErrorKind::NotExecutable,
        (_, libc::EACCES | libc::EPERM) => SpawnErrorKind::PermissionDenied,
        _ => SpawnErrorKind::Other,
    }
}
