//! What the kernel says about a running process.

use std::fs;

use anyhow::{Context, Result};

const MIB: f64 = 1024.0;

/// Proportional set size in MiB: shared pages count by their share.
pub(super) fn pss_mib(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("cannot read smaps_rollup")?;
    kib_of(&text, "Pss:")
        .map(|kib| kib / MIB)
        .context("no Pss in smaps_rollup")
}

/// Resident set size in MiB.
pub(super) fn rss_mib(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    kib_of(&text, "VmRSS:").map(|kib| kib / MIB).context("no VmRSS")
}

/// Voluntary and involuntary switches of all threads since each began.
pub(super) fn switches(pid: u32) -> Result<f64> {
    let mut sum = 0.0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(task?.path().join("status"))?;
        for name in ["voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"] {
            sum += kib_of(&text, name).with_context(|| format!("no {name}"))?;
        }
    }
    Ok(sum)
}

/// The number behind a name at the beginning of a line.
pub(super) fn kib_of(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The process whose command line contains all of these.
pub(super) fn find(words: &[&str]) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .find(|pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            words.iter().all(|word| line.contains(word))
        })
}
