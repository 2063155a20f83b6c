//! Text to specification.

use director_core::spec::DirectorSpec;
use toml::de::DeTable;

use crate::diagnostic::{Diagnostics, Severity};
use crate::read::{Ctx, read_director};
use crate::source::{Environment, MAX_BYTES, Source};

/// A configuration in force.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says, complete.
    pub spec: DirectorSpec,
    /// What a person should know of it.
    pub warnings: Diagnostics,
}

/// Reads a configuration.
///
/// # Errors
/// All faults at once, warnings among them.
pub fn load(source: &Source, env: &Environment<'_>) -> Result<Loaded, Diagnostics> {
    if source.text.len() > MAX_BYTES {
        return Source::from_bytes(&source.path, source.text.clone().into_bytes())
            .and_then(|source| load(&source, env));
    }
    let (tree, faults) = DeTable::parse_recoverable(&source.text);
    let ctx = Ctx::new(source, env);
    crate::syntax::record(&ctx, &faults);
    let mut spec = read_director(&ctx, tree.get_ref());
    if let Some(spec) = &mut spec {
        crate::dependencies::resolve(&ctx, spec, tree.get_ref());
        crate::check::ports(&ctx, spec, tree.get_ref());
    }
    let (mut list, omitted) = ctx.finish();
    let quoted = crate::mask::mask(&source.text, tree.get_ref(), &list, !faults.is_empty());
    crate::syntax::fill_found(&mut list, &quoted);
    let found = Diagnostics {
        list,
        omitted,
        file: source.path.clone(),
        quoted,
    };
    match spec {
        Some(spec) if found.count(Severity::Error) == 0 => Ok(Loaded {
            spec,
            warnings: found,
        }),
        _ => Err(found),
    }
}
