//! `[service.NAME.limits]`.

use serde_json::json;

use director_core::spec::LimitsSpec;

use super::Key;
use super::shape::Default::{self, Is, Nothing};
use super::shape::{Section, Shape};
use crate::units::duration_text;

/// Less than this holds no program.
const LEAST_MEMORY: u64 = 1 << 20;

const fn limit(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Limits, name, shape, default)
}

fn percent(percent: u32) -> serde_json::Value {
    json!(format!("{percent}%"))
}

pub(super) const KEYS: &[Key] = &[
    limit("memory", Shape::Size { min: LEAST_MEMORY }, Nothing("no limit"))
        .doc(
            "What the whole tree may take. Kept by the system where it can be; elsewhere the director measures the tree and ends it at once, which is a crash.",
            "\"1GiB\"",
        )
        .also(&["memory_max", "max_memory", "mem_limit", "memory_limit"]),
    limit("restart_above", Shape::Size { min: LEAST_MEMORY }, Nothing("no restart"))
        .doc(
            "When the tree takes more than this in enough samples (`restart_samples`), it is restarted by its ladder, which is no crash. Below `memory`.",
            "\"512MiB\"",
        )
        .also(&["max_memory_restart", "memory_high", "memory_restart"]),
    limit("restart_samples", Shape::Samples { most: 100 }, Is(|| json!(LimitsSpec::default().restart_samples.to_string())))
        .doc("So many of the last so many samples above `restart_above` restart it.", "\"2/3\"")
        .also(&["samples"]),
    limit("sample_interval", Shape::Duration { min: 1_000 }, Is(|| json!(duration_text(LimitsSpec::default().sample_interval_ms))))
        .doc("From one sample of the tree's memory to the next. Samples are taken only for `restart_above`, and for a `memory` that the system does not keep.", "\"30s\"")
        .also(&["interval", "poll_interval", "check_interval"]),
    limit("cpu", Shape::Percent { min: 1, max: 100_000 }, Nothing("no limit"))
        .doc("Processor time of the whole tree, in percent of one processor: `\"150%\"` is one and a half.", "\"150%\"")
        .also(&["cpu_quota", "cpu_limit", "max_cpu", "cpus"]),
    limit("max_age", Shape::Duration { min: 60_000 }, Nothing("no greatest age"))
        .doc("A run that reaches this age is restarted by its ladder, which is no crash.", "\"1d\"")
        .also(&["runtime_max", "max_lifetime", "max_runtime", "max_uptime"]),
    limit("max_age_variance", Shape::Percent { min: 0, max: 50 }, Is(|| percent(LimitsSpec::default().max_age_variance_percent)))
        .doc("The restart comes up to so much of `max_age` earlier, by lot, so that services that started together are not restarted together.", "\"25%\"")
        .also(&["jitter", "max_age_jitter"]),
    limit("open_files", Shape::Integer { min: 16, max: 1_073_741_816 }, Nothing("the limit that the director was started with"))
        .doc("Open files of each process; Linux only.", "8192")
        .also(&["nofile", "limit_nofile", "max_open_files"]),
    limit("priority", Shape::Choice(&["idle", "below-normal", "normal", "above-normal", "high"]), Nothing("the director's own"))
        .doc("How its processes share the processors with others. Above `normal` needs rights on Linux.", "\"below-normal\"")
        .also(&["nice", "niceness", "priority_class"]),
    limit("affinity", Shape::Integers { min: 0, max: 1_023, most: 1_024 }, Nothing("every processor"))
        .doc("The processors it may use, by number from 0, each once.", "[0, 1]")
        .also(&["cpu_affinity", "cpuset", "processors"]),
];
