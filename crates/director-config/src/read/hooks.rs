//! `[service.NAME.hooks]`.

use director_core::spec::{HookName, HookSpec, HooksSpec};

use super::Reader;
use super::service::alone;

pub(super) fn read_hooks(own: &Reader<'_>) -> HooksSpec {
    HooksSpec {
        pre_start: read_hook(own, HookName::PreStart),
        post_start: read_hook(own, HookName::PostStart),
        pre_stop: read_hook(own, HookName::PreStop),
        post_exit: read_hook(own, HookName::PostExit),
    }
}

/// A hook, if it is written.
fn read_hook(own: &Reader<'_>, name: HookName) -> Option<HookSpec> {
    let (key, timeout) = (name.key(), format!("{name}_timeout"));
    alone(own, &timeout, key, own.has(key));
    let timeout_ms = own.duration(&timeout).unwrap_or(HookSpec::TIMEOUT_MS);
    let command = own.command(key)?;
    Some(HookSpec { command, timeout_ms })
}
