//! `[service.NAME.limits]`.

use director_core::spec::{Kind, LimitsSpec};

use super::service::{alone, set};
use super::{Fault, Reader};
use crate::codes::Code;
use crate::units::size_text;

pub(super) fn read_limits(own: &Reader<'_>, kind: Kind) -> LimitsSpec {
    let mut spec = LimitsSpec {
        memory_bytes: own.size("memory"),
        restart_above_bytes: own.size("restart_above"),
        cpu_percent: own.percent("cpu"),
        max_age_ms: own.duration("max_age"),
        open_files: read_open_files(own),
        priority: own.choice("priority"),
        affinity: read_affinity(own),
        ..LimitsSpec::default()
    };
    set(&mut spec.restart_samples, own.samples("restart_samples"));
    set(&mut spec.sample_interval_ms, own.duration("sample_interval"));
    set(
        &mut spec.max_age_variance_percent,
        own.percent("max_age_variance"),
    );
    let measured = own.has("restart_above") || own.has("memory");
    alone(own, "restart_samples", "restart_above", own.has("restart_above"));
    alone(own, "sample_interval", "restart_above` or `memory", measured);
    alone(own, "max_age_variance", "max_age", own.has("max_age"));
    check_order(own, &spec);
    if kind == Kind::Oneshot {
        refuse_renewal(own, "restart_above");
        refuse_renewal(own, "max_age");
    }
    spec
}

/// The soft limit must come first.
fn check_order(own: &Reader<'_>, spec: &LimitsSpec) {
    let (Some(hard), Some(soft)) = (spec.memory_bytes, spec.restart_above_bytes) else {
        return;
    };
    if soft >= hard {
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key("restart_above"),
                own.span_of("restart_above"),
                format!("`{}` is not below `memory`", own.key("restart_above")),
            )
            .found(size_text(soft))
            .allowed(format!("less than memory, {}", size_text(hard)))
            .help(
                "at `memory` the tree is ended by force, so that it would never be restarted by its ladder",
            ),
        );
    }
}

fn refuse_renewal(own: &Reader<'_>, name: &str) {
    if own.has(name) {
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key(name),
                own.span_of(name),
                format!(
                    "`{}` would restart a oneshot in the midst of its work",
                    own.key(name)
                ),
            )
            .found(format!("`{name}` of a service with kind = \"oneshot\""))
            .allowed(format!("`{name}` with kind = \"daemon\""))
            .help("a oneshot ends by itself; `memory` ends one that takes too much"),
        );
    }
}

fn read_open_files(own: &Reader<'_>) -> Option<u64> {
    let open_files = own
        .integer("open_files")
        .and_then(|count| u64::try_from(count).ok());
    if own.has("open_files") && own.ctx.env.windows {
        own.ctx.error(
            Fault::new(
                Code::WrongSystem,
                own.key("open_files"),
                own.span_of("open_files"),
                format!("`{}` works on Linux only", own.key("open_files")),
            )
            .found("`open_files` in a configuration for Windows")
            .allowed("no `open_files`: Windows has no such limit"),
        );
        return None;
    }
    open_files
}

/// In ascending order.
fn read_affinity(own: &Reader<'_>) -> Vec<u16> {
    let written = own.integers("affinity").unwrap_or_default();
    let mut processors: Vec<u16> = written
        .iter()
        .filter_map(|processor| u16::try_from(*processor).ok())
        .collect();
    processors.sort_unstable();
    if let Some(twice) = processors.windows(2).find(|pair| pair[0] == pair[1]) {
        own.ctx.error(
            Fault::new(
                Code::BadChoice,
                own.key("affinity"),
                own.span_of("affinity"),
                format!("`{}` names the processor {} twice", own.key("affinity"), twice[0]),
            )
            .found(format!("{} twice", twice[0]))
            .allowed("each processor once"),
        );
    }
    processors
}
