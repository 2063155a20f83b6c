//! What the child does to itself before it executes its program, and what we find out about it afterwards.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicI32, Ordering};

use super::{Limit, Limits, Priority, Unenforced, list};

/// Processors that a mask has room for; the kernel takes any length.
const MOST_PROCESSORS: usize = 1024;
const WORDS: usize = MOST_PROCESSORS / 64;

/// A set of processors as the kernel reads it.
pub(crate) type Mask = [u64; WORDS];

/// What the child is to set. It writes down what the kernel refused, since a refused limit stops no start.
#[derive(Default)]
pub(crate) struct OwnLimits {
    pub(crate) nice: Option<libc::c_int>,
    pub(crate) affinity: Option<Mask>,
    pub(crate) nice_refused: AtomicI32,
    pub(crate) affinity_refused: AtomicI32,
}

impl OwnLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            nice: limits.priority.map(nice_of),
            affinity: (!limits.affinity.is_empty()).then(|| mask_of(&limits.affinity)),
            ..Self::default()
        }
    }

    /// What is not kept of all this for the new process.
    pub(crate) fn unenforced(&self, limits: &Limits, pid: u32) -> Vec<Unenforced> {
        let refused = |by: &AtomicI32| match by.load(Ordering::Acquire) {
            0 => None,
            errno => Some(io::Error::from_raw_os_error(errno)),
        };
        let mut found = Vec::new();
        if let Some(error) = refused(&self.nice_refused) {
            let why = match error.raw_os_error() {
                Some(libc::EACCES | libc::EPERM) => {
                    format!("the director may not raise it (that takes CAP_SYS_NICE): {error}")
                }
                _ => error.to_string(),
            };
            found.push(Unenforced::new(Limit::Priority, why));
        } else if let Some(Err(error)) = self.nice.map(|nice| set_autogroup(pid, nice)) {
            let why = format!("the priority of its session (autogroup) cannot be set: {error}");
            found.push(Unenforced::new(Limit::Priority, why));
        }
        if let Some(error) = refused(&self.affinity_refused) {
            let why = match error.raw_os_error() {
                Some(libc::EINVAL) => format!(
                    "the director may use none of the processors {}",
                    list(&limits.affinity)
                ),
                _ => error.to_string(),
            };
            found.push(Unenforced::new(Limit::Affinity, why));
        } else if let Some(wanted) = &self.affinity {
            found.extend(missing_processors(wanted, pid));
        }
        found
    }
}

fn nice_of(priority: Priority) -> libc::c_int {
    match priority {
        Priority::Idle => 19,
        Priority::BelowNormal => 10,
        Priority::Normal => 0,
        Priority::AboveNormal => -5,
        Priority::High => -10,
    }
}

fn mask_of(processors: &[u16]) -> Mask {
    let mut mask = Mask::default();
    for processor in processors {
        let place = usize::from(*processor);
        if let Some(word) = mask.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }
    mask
}

fn processors_of(mask: &Mask) -> Vec<u16> {
    let is_set = |place: &u16| mask[usize::from(*place) / 64] >> (place % 64) & 1 == 1;
    (0..MOST_PROCESSORS as u16).filter(is_set).collect()
}

/// Sessions share the processors before processes do where this is on, and every service is a session of its own: the nice
/// value alone would count among its own processes only.
fn set_autogroup(pid: u32, nice: libc::c_int) -> io::Result<()> {
    let on = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled");
    if on.map_or(true, |on| on.trim() != "1") {
        return Ok(());
    }
    match fs::write(format!("/proc/{pid}/autogroup"), nice.to_string()) {
        // It has ended already, or this kernel has no such thing.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// The kernel leaves out processors that do not exist or that we may not use, without a word.
fn missing_processors(wanted: &Mask, pid: u32) -> Option<Unenforced> {
    let mut has = Mask::default();
    let pid = libc::pid_t::try_from(pid).ok()?;
    // SAFETY: the mask is valid for writing over the length that is passed.
    let written = unsafe {
        libc::syscall(
            libc::SYS_sched_getaffinity,
            pid,
            size_of::<Mask>(),
            has.as_mut_ptr(),
        )
    };
    if written < 0 {
        // It has ended already.
        return None;
    }
    let missing: Mask = std::array::from_fn(|word| wanted[word] & !has[word]);
    let missing = processors_of(&missing);
    (!missing.is_empty()).then(|| {
        let why = format!(
            "it may use the processors {} only: {} do not exist or are not the director's",
            list(&processors_of(&has)),
            list(&missing)
        );
        Unenforced::new(Limit::Affinity, why)
    })
}

#[cfg(test)]
mod tests {
    use super::{mask_of, processors_of};

    #[test]
    fn a_mask_holds_each_processor_by_its_number() {
        let mask = mask_of(&[0, 2, 64, 1023]);
        assert_eq!((mask[0], mask[1], mask[15]), (5, 1, 1 << 63));
        assert_eq!(processors_of(&mask), [0, 2, 64, 1023]);
    }
}
