//! Memory and processor time of a run, by the controllers of its leaf.
//!
//! A controller works in the leaves once it is enabled in the folder above them, and the kernel enables none while that folder
//! itself has processes (cgroup-v2, "No Internal Process Constraint"). So at the first limit that needs one, our own process steps
//! aside into a leaf of its own. Where nobody asks for such a limit, nothing moves.

use std::fs;
use std::io;
use std::path::Path;

use super::Leaf;
use crate::limits::{Limit, Limits, Unenforced};

/// Where our own process goes.
const ASIDE: &str = "director-self";
/// The period over which the kernel counts processor time, in microseconds: its default.
const PERIOD_USEC: u64 = 100_000;

/// Has the kernel keep what it can for everybody in `leaf`; answers what it does not keep.
pub(crate) fn restrict(leaf: Option<&Leaf>, limits: &Limits) -> Vec<Unenforced> {
    let base = super::base();
    let mut found = Vec::new();
    let mut keep = |what: Limit, controller: &str, files: &[(&str, String)]| {
        let kept = match (base, leaf) {
            (Some(base), Some(leaf)) => enable(base, controller).and_then(|()| write_all(&leaf.path, files)),
            _ => Err("no cgroup is delegated to the director".to_owned()),
        };
        found.extend(kept.err().map(|why| Unenforced::new(what, why)));
    };
    if let Some(bytes) = limits.memory_bytes {
        keep(Limit::Memory, "memory", &memory_files(bytes));
    }
    if let Some(percent) = limits.cpu_percent {
        let quota = u64::from(percent) * PERIOD_USEC / 100;
        keep(
            Limit::Cpu,
            "cpu",
            &[("cpu.max", format!("{quota} {PERIOD_USEC}"))],
        );
    }
    found
}

/// The limit itself comes first: the others only say what becomes of a tree that reaches it, and old kernels have no such files.
fn memory_files(bytes: u64) -> [(&'static str, String); 3] {
    [
        ("memory.max", bytes.to_string()),
        // All of it or nothing: half a tree would be of no use to anybody.
        ("memory.oom.group", "1".to_owned()),
        // What is swapped out is taken, too.
        ("memory.swap.max", "0".to_owned()),
    ]
}

fn write_all(leaf: &Path, files: &[(&str, String)]) -> Result<(), String> {
    for (index, (name, value)) in files.iter().enumerate() {
        match write(&leaf.join(name), value) {
            Err(error) if index > 0 && error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(|error| format!("cannot set {name}: {error}"))?,
        }
    }
    Ok(())
}

/// A file of a cgroup exists or not; it is never made.
fn write(path: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    fs::OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(value.as_bytes())
}

/// Makes `controller` work in the leaves below `base`.
fn enable(base: &Path, controller: &str) -> Result<(), String> {
    let has = |file: &str| {
        let words = fs::read_to_string(base.join(file)).unwrap_or_default();
        words.split_ascii_whitespace().any(|word| word == controller)
    };
    if has("cgroup.subtree_control") {
        return Ok(());
    }
    if !has("cgroup.controllers") {
        return Err(format!(
            "the cgroup that is delegated to the director has no `{controller}` controller"
        ));
    }
    let switch = base.join("cgroup.subtree_control");
    let on = format!("+{controller}");
    let result = match write(&switch, &on) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            aside(base).and_then(|()| write(&switch, &on).inspect_err(|_| back(base)))
        }
        other => other,
    };
    result.map_err(|error| match error.kind() {
        io::ErrorKind::ResourceBusy => format!(
            "the `{controller}` controller cannot be enabled: other processes are in the director's own cgroup"
        ),
        _ => format!("the `{controller}` controller cannot be enabled: {error}"),
    })
}

/// Moves our own process, "0", into a leaf of its own.
fn aside(base: &Path) -> io::Result<()> {
    let leaf = base.join(ASIDE);
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    write(&leaf.join("cgroup.procs"), "0")
}

fn back(base: &Path) {
    // Staying aside harms nothing.
    let _ = write(&base.join("cgroup.procs"), "0");
    let _ = fs::remove_dir(base.join(ASIDE));
}

impl Leaf {
    /// Whether the kernel ended somebody inside because the leaf was at its limit. `oom_kill` alone also counts those that were
    /// ended because the whole machine was out of memory.
    pub(crate) fn hit_memory_limit(&self) -> bool {
        let events = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        let some = |name: &str| {
            let count = events
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            count.is_some_and(|count| count != "0")
        };
        some("oom") && some("oom_kill")
    }
}

#[cfg(test)]
mod tests;
