//! Signals to a tree: its main process, its process group, every member, and the last rung.

use std::collections::HashSet;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::TreeImp;
use crate::identity::ProcessId;
use crate::linux::{check, lock, pidfd};
use crate::tree::Delivery;

/// How often the tree is looked through for processes that were born while others were killed. What comes later is found
/// by the reaper, which knows that the tree is to die.
const ROUNDS_MAX: usize = 64;

impl TreeImp {
    pub(super) fn signal_main(&self, signal: libc::c_int) -> io::Result<Delivery> {
        // The lock keeps the reaper from waiting for it meanwhile; a zombie swallows a signal, so it does not count.
        let state = lock(&self.state);
        if state.exit.is_some() || pidfd::has_ended(self.pidfd())? {
            return Ok(Delivery::NobodyThere);
        }
        let reached = pidfd::signal(self.pidfd(), signal)?;
        drop(state);
        Ok(if reached {
            Delivery::Delivered
        } else {
            Delivery::NobodyThere
        })
    }

    /// To the process group, atomically against forks. Only while the main process has not been waited for: afterwards the
    /// group's number may belong to somebody else.
    pub(super) fn signal_group(&self, signal: libc::c_int) -> io::Result<Delivery> {
        let state = lock(&self.state);
        if state.exit.is_some() || pidfd::has_ended(self.pidfd())? {
            return Ok(Delivery::NobodyThere);
        }
        let group = libc::pid_t::try_from(self.main.pid).map_err(io::Error::other)?;
        // SAFETY: killpg takes two integers; the number is held by our unreaped child, so it names its group and no other.
        let result = check(unsafe { libc::killpg(group, signal) });
        drop(state);
        match result {
            Ok(_) => Ok(Delivery::Delivered),
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(Delivery::NobodyThere),
            Err(error) => Err(error),
        }
    }

    /// To every member, one by one, each verified.
    pub(super) fn signal_members(self: &Arc<Self>, signal: libc::c_int) -> io::Result<Delivery> {
        let mut reached = false;
        let mut failure = None;
        for id in self.members()? {
            match signal_process(id, signal) {
                Ok(hit) => reached |= hit,
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if !reached => Err(error),
            _ => Ok(if reached {
                Delivery::Delivered
            } else {
                Delivery::NobodyThere
            }),
        }
    }

    pub(crate) fn kill_all(self: &Arc<Self>) -> io::Result<()> {
        lock(&self.state).killed = true;
        if let Some(leaf) = &self.leaf {
            leaf.kill();
        }
        // The group goes at once, whatever forks in it; failing is fine, since everybody is told one by one below.
        let _ = self.signal_group(libc::SIGKILL);
        let mut told: HashSet<ProcessId> = HashSet::new();
        let mut failure = None;
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            let fresh: Vec<ProcessId> = self
                .members()?
                .into_iter()
                .filter(|id| told.insert(*id))
                .collect();
            // One quiet round may have missed a process that changed parents while its parents' lists were read.
            quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
            if quiet == 2 {
                break;
            }
            for id in fresh {
                if let Err(error) = signal_process(id, libc::SIGKILL) {
                    failure = Some(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

fn signal_process(id: ProcessId, signal: libc::c_int) -> io::Result<bool> {
    match pidfd::open_verified(id)? {
        Some(fd) => pidfd::signal(fd.as_fd(), signal),
        None => Ok(false),
    }
}
