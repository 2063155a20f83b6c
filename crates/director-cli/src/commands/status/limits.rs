//! What a run may take, as `status SERVICE` shows it.

use director_core::describe::{duration, size};
use director_core::spec::LimitsSpec;

/// The limits that are set, one line each.
pub(super) fn lines(limits: &LimitsSpec) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(bytes) = limits.memory_bytes {
        lines.push(format!("memory {}", size(bytes)));
    }
    if let Some(bytes) = limits.restart_above_bytes {
        let samples = limits.restart_samples;
        lines.push(format!(
            "restarts above {} in {} of {} samples, one every {}",
            size(bytes),
            samples.above,
            samples.of,
            duration(limits.sample_interval_ms)
        ));
    }
    if let Some(percent) = limits.cpu_percent {
        lines.push(format!("{percent}% of one processor"));
    }
    if let Some(ms) = limits.max_age_ms {
        let variance = match limits.max_age_variance_percent {
            0 => String::new(),
            percent => format!(", or up to {percent}% earlier"),
        };
        lines.push(format!("restarts at an age of {}{variance}", duration(ms)));
    }
    if let Some(count) = limits.open_files {
        lines.push(format!("{count} open files"));
    }
    if let Some(priority) = limits.priority {
        lines.push(format!("priority {priority}"));
    }
    if !limits.affinity.is_empty() {
        let numbers: Vec<String> = limits.affinity.iter().map(u16::to_string).collect();
        lines.push(format!("processors {}", numbers.join(", ")));
    }
    lines
}
