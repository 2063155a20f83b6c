//! `[service.NAME.watch]`.

use std::path::Path;

use director_core::spec::{WatchAction, WatchSpec};

use super::service::{alone, require, set};
use super::{Fault, Reader};
use crate::codes::Code;
use crate::defaults::EXEC_TIMEOUT_MS;
use crate::keys::Shape;

/// What is watched; none unless it is enabled. What is written is checked all the same.
pub(super) fn read_watch(own: &Reader<'_>, cwd: &Path) -> Option<WatchSpec> {
    let paths = own.paths("paths").unwrap_or_else(|| vec![cwd.to_path_buf()]);
    let mut spec = WatchSpec::new(paths);
    set(&mut spec.patterns, patterns(own, "patterns"));
    set(&mut spec.ignore, patterns(own, "ignore"));
    set(&mut spec.debounce_ms, own.duration("debounce"));
    set(&mut spec.longest_ms, own.duration("longest"));
    spec.longest_ms = spec.longest_ms.max(spec.debounce_ms);
    spec.poll_ms = own.duration("poll");
    spec.validate = own.command("validate");
    set(&mut spec.validate_timeout_ms, own.duration("validate_timeout"));
    spec.action = action(own);
    let enabled = own.flag("enabled");
    if enabled.is_none() && !own.has("enabled") {
        own.ctx.warn(
            Fault::new(
                Code::WithoutEffect,
                own.key("enabled"),
                own.span.clone(),
                format!("`{}` is not written, so nothing is watched", own.key("enabled")),
            )
            .found("a table `watch` without `enabled`")
            .allowed("enabled = true, or enabled = false"),
        );
    }
    enabled.unwrap_or(false).then_some(spec)
}

/// What a change leads to.
fn action(own: &Reader<'_>) -> WatchAction {
    let exec = own
        .choice::<String>("action")
        .is_some_and(|action| action == "exec");
    let command = own.command("exec");
    let timeout_ms = own.duration("exec_timeout").unwrap_or(EXEC_TIMEOUT_MS);
    if !exec {
        alone(own, "exec", "action = \"exec\"", false);
        alone(own, "exec_timeout", "action = \"exec\"", false);
        return WatchAction::Restart;
    }
    require(own, "exec", "exec = [\"program\", \"argument\"]");
    command.map_or(WatchAction::Restart, |command| WatchAction::Exec {
        command,
        timeout_ms,
    })
}

/// Globs; an empty array is none.
fn patterns(own: &Reader<'_>, name: &str) -> Option<Vec<String>> {
    let most = 256;
    let shape = Shape::Patterns { most };
    let item = own.item(name)?;
    if item.value.as_array().is_some_and(|array| array.is_empty()) {
        return Some(Vec::new());
    }
    own.ctx.each(&item, most, |ctx, entry| {
        let text = ctx.filled_text(entry)?;
        if let Err(error) = globset::Glob::new(&text) {
            let fault = ctx.bad(Code::BadPattern, entry, "is no pattern", shape);
            ctx.error(fault.help(error.kind().to_string()));
            return None;
        }
        Some(text)
    })
}
