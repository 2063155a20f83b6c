//! The child between its birth and its first instruction.
//!
//! It shares our memory while its parent thread is suspended, so it may only make system calls: no allocation, no lock,
//! nothing of the C library that keeps state or talks to other threads (its `setuid` does). Every signal is blocked until the
//! dispositions are back to their defaults, since a handler of ours would run in the wrong process.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::Ordering;

use super::plan::{Plan, Step};
use crate::limits::linux::Mask;
use crate::linux::{check, pidfd};

/// Enough for the few small frames below and for what execve itself needs of a stack.
const STACK_BYTES: usize = 64 << 10;

/// The kernel's signal set: 64 signals, whatever the C library reserves for itself.
const SIGNAL_SET_BYTES: usize = 8;

pub(super) struct Born {
    pub(super) pid: u32,
    pub(super) pidfd: OwnedFd,
}

/// Starts the child and returns once it executes its program, or with what it failed at.
pub(super) fn give_birth(plan: &Plan) -> Result<Born, (Step, io::Error)> {
    let mut stack: Vec<MaybeUninit<u128>> = Vec::with_capacity(STACK_BYTES / size_of::<u128>());
    // SAFETY: one past the end of the allocation; u128 has the alignment of 16 that every ABI asks of a stack's top.
    let top = unsafe { stack.as_mut_ptr().add(stack.capacity()) };
    let mut pidfd_number: libc::c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    let blocked = set_signal_mask(u64::MAX);
    // SAFETY: `child_main` never returns; its argument and the stack live until the child has let go of our memory,
    // because with CLONE_VFORK this thread is suspended until then. CLONE_PIDFD stores a descriptor through the parent_tid
    // argument. All signals are blocked, so no handler runs in the child.
    let pid = unsafe {
        libc::clone(
            child_main,
            top.cast(),
            flags,
            (&raw const *plan).cast_mut().cast(),
            &raw mut pidfd_number,
        )
    };
    let result = check(pid);
    set_signal_mask(blocked);
    drop(stack);
    let pid = result.map_err(|error| (Step::Birth, error))?.unsigned_abs();
    // SAFETY: the call succeeded, so the kernel stored a new descriptor that nobody else owns; it is close-on-exec.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd_number) };
    match plan.failure() {
        None => Ok(Born { pid, pidfd }),
        Some(failure) => {
            // It has ended already; only its entry in the process table is left. Nobody else reaps during a birth.
            let _ = pidfd::wait_pid(pid, true);
            Err(failure)
        }
    }
}

/// Sets this thread's whole mask and returns the old one. The C library's call would leave its own signals out.
fn set_signal_mask(mask: u64) -> u64 {
    let mut old = 0_u64;
    // SAFETY: both sets have the size that is passed; SIG_SETMASK with valid pointers cannot fail.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const mask,
            &raw mut old,
            SIGNAL_SET_BYTES,
        )
    };
    old
}

extern "C" fn child_main(argument: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the argument is the plan that `give_birth` passed; it outlives us, and nobody changes it meanwhile.
    let plan = unsafe { &*argument.cast::<Plan>() };
    let (step, errno) = match become_program(plan) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    plan.fail(step, errno);
    // SAFETY: exit_group takes an integer. Unlike `exit` it runs no handlers of the memory that we share.
    unsafe { libc::syscall(libc::SYS_exit_group, 127) };
    127
}

type Failure = (Step, i32);

/// -1 means that errno, which is our thread's own while the parent is suspended, says what failed.
fn done(step: Step, result: impl Into<i64>) -> Result<(), Failure> {
    if result.into() == -1 {
        // SAFETY: __errno_location has no preconditions and points to this thread's errno.
        Err((step, unsafe { *libc::__errno_location() }))
    } else {
        Ok(())
    }
}

fn become_program(plan: &Plan) -> Result<std::convert::Infallible, Failure> {
    default_signals();
    // A session of its own: no controlling terminal, and process group and session are named by the pid.
    // SAFETY: setsid has no preconditions.
    done(Step::Containment, unsafe { libc::setsid() })?;
    enter_cgroup(plan)?;
    place_stdio(plan)?;
    limit_open_files(plan)?;
    share_processors(plan);
    limit(libc::RLIMIT_RTTIME, plan.mark.as_ref())?;
    become_account(plan)?;
    die_with_parent(plan)?;
    // SAFETY: the folder is a NUL-terminated string that outlives us.
    done(Step::Folder, unsafe { libc::chdir(plan.folder.as_ptr()) })?;
    set_signal_mask(0);
    // SAFETY: the program is NUL-terminated; both lists are null-terminated lists of such strings; all outlive the call.
    done(Step::Execute, unsafe {
        libc::execve(plan.program.as_ptr(), plan.argv.as_ptr(), plan.envp.as_ptr())
    })?;
    Err((Step::Execute, libc::ENOEXEC))
}

/// Executing would reset caught signals but keep ignored ones (Rust ignores SIGPIPE); and none may be caught once the mask
/// is lifted, because our handlers would run in the child.
fn default_signals() {
    // The kernel's sigaction: handler, flags, restorer, mask. All zeroes is the default action.
    let default = [0_usize; 4];
    let none = std::ptr::null_mut::<usize>();
    for signal in 1..=64 {
        // SAFETY: `default` has at least the size of the kernel's structure. SIGKILL and SIGSTOP are refused, rightly.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                none,
                SIGNAL_SET_BYTES,
            )
        };
    }
}

fn enter_cgroup(plan: &Plan) -> Result<(), Failure> {
    let Some(entry) = &plan.cgroup_entry else {
        return Ok(());
    };
    // SAFETY: the path is a NUL-terminated string that outlives us.
    let fd = unsafe { libc::open(entry.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) };
    done(Step::Containment, fd)?;
    // SAFETY: the descriptor is open and the byte lives through the call; "0" means the process that writes.
    let written = unsafe { libc::write(fd, c"0".as_ptr().cast(), 1) };
    // SAFETY: the descriptor is ours and not used any more.
    unsafe { libc::close(fd) };
    done(Step::Containment, i64::try_from(written).unwrap_or(-1))
}

/// The sources are above 2, so `dup2` neither overwrites one nor is a no-op that leaves close-on-exec set.
fn place_stdio(plan: &Plan) -> Result<(), Failure> {
    for (target, source) in (0..).zip(plan.stdio) {
        if source >= 0 {
            // SAFETY: both are integers; the source is open in our copy of the descriptor table.
            done(Step::Stdio, unsafe { libc::dup2(source, target) })?;
        }
    }
    // Everything of ours is close-on-exec already; this covers what foreign code may have opened without. Kernels before
    // 5.11 refuse, which changes nothing for ours.
    // SAFETY: close_range takes three integers; without CLONE_FILES the table is the child's own.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    Ok(())
}

fn limit(resource: libc::__rlimit_resource_t, limit: Option<&libc::rlimit>) -> Result<(), Failure> {
    let Some(limit) = limit else { return Ok(()) };
    let none = std::ptr::null_mut::<libc::rlimit>();
    // SAFETY: pid 0 is ourselves; the new limit is valid for reading and the old one is not asked for.
    done(Step::Limits, unsafe {
        libc::syscall(libc::SYS_prlimit64, 0, resource, &raw const *limit, none)
    })
}

/// Raising the hard limit takes a right that we may not have. Then the hard limit is what there is, and the parent is told.
fn limit_open_files(plan: &Plan) -> Result<(), Failure> {
    let Some(wanted) = &plan.open_files else {
        return Ok(());
    };
    let Err((step, errno)) = limit(libc::RLIMIT_NOFILE, Some(wanted)) else {
        return Ok(());
    };
    let mut has = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let none = std::ptr::null::<libc::rlimit>();
    // SAFETY: pid 0 is ourselves; no new limit is passed, and the old one is valid for writing.
    let read = unsafe { libc::syscall(libc::SYS_prlimit64, 0, libc::RLIMIT_NOFILE, none, &raw mut has) };
    if errno != libc::EPERM || read == -1 {
        return Err((step, errno));
    }
    plan.open_files_refused.store(true, Ordering::Release);
    has.rlim_cur = has.rlim_max.min(wanted.rlim_cur);
    limit(libc::RLIMIT_NOFILE, Some(&has))
}

/// Priority and processors, while we still have the director's rights. What is refused is told and stops nothing.
fn share_processors(plan: &Plan) {
    let own = &plan.limits;
    if let Some(nice) = own.nice {
        // SAFETY: setpriority takes three integers; 0 is the process that calls.
        let result = unsafe { libc::syscall(libc::SYS_setpriority, libc::PRIO_PROCESS, 0, nice) };
        if let Err((_, errno)) = done(Step::Limits, result) {
            own.nice_refused.store(errno, Ordering::Release);
        }
    }
    if let Some(mask) = &own.affinity {
        // SAFETY: 0 is the thread that calls; the mask is valid for reading over the length that is passed.
        let result =
            unsafe { libc::syscall(libc::SYS_sched_setaffinity, 0, size_of::<Mask>(), mask.as_ptr()) };
        if let Err((_, errno)) = done(Step::Limits, result) {
            own.affinity_refused.store(errno, Ordering::Release);
        }
    }
}

/// By raw system calls: the C library's would change all threads of a process, and believes that those are the director's.
fn become_account(plan: &Plan) -> Result<(), Failure> {
    let Some(account) = &plan.account else {
        return Ok(());
    };
    // SAFETY: the list is valid for its length and outlives the call.
    done(Step::Account, unsafe {
        libc::syscall(libc::SYS_setgroups, account.groups.len(), account.groups.as_ptr())
    })?;
    // SAFETY: setresgid takes three integers.
    done(Step::Account, unsafe {
        libc::syscall(libc::SYS_setresgid, account.gid, account.gid, account.gid)
    })?;
    // SAFETY: setresuid takes three integers.
    done(Step::Account, unsafe {
        libc::syscall(libc::SYS_setresuid, account.uid, account.uid, account.uid)
    })
}

/// After the account was changed, since that clears the setting.
fn die_with_parent(plan: &Plan) -> Result<(), Failure> {
    // SAFETY: PR_SET_PDEATHSIG takes one integer; unused arguments are zero.
    done(Step::Containment, unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0)
    })?;
    // The parent may have died before; then nothing would end us any more. The raw call cannot be a cached value.
    // SAFETY: getppid has no preconditions.
    let parent = unsafe { libc::syscall(libc::SYS_getppid) };
    if parent == libc::c_long::from(plan.parent) {
        Ok(())
    } else {
        Err((Step::Containment, libc::ESRCH))
    }
}
