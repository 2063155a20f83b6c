//! The top level, `[director]` and `[boot]`.

use std::path::PathBuf;

use director_core::spec::DirectorSpec;
use toml::de::DeTable;

use super::services::read_services;
use super::{Ctx, Fault, Reader};
use crate::codes::Code;
use crate::defaults;
use crate::keys::{Section, Shape};

/// Reads the whole tree. What is wrong is recorded in `ctx`; the value counts only when nothing was.
pub(crate) fn read_director<'a>(ctx: &'a Ctx<'a>, table: &'a DeTable<'a>) -> Option<DirectorSpec> {
    let root = Reader::open(ctx, Section::Root, String::new(), 0..0, table);
    let director = root.table("director");
    let boot = root.table("boot");
    let director = director.as_ref();
    let data_dir = director.and_then(|own| own.path_value("data_dir"));
    let log_dir = director.and_then(|own| own.path_value("log_dir"));
    if let Some(own) = director {
        check_api(own);
    }
    let spec = DirectorSpec {
        name: director.and_then(read_name).unwrap_or_else(|| default_name(ctx)),
        base_dir: ctx.base.clone(),
        data_dir: data_dir.unwrap_or_else(|| under_base(ctx, defaults::DATA_DIR)),
        log_dir: log_dir.unwrap_or_else(|| under_base(ctx, defaults::LOG_DIR)),
        fallback: director
            .and_then(|own| own.flag("fallback"))
            .unwrap_or(defaults::FALLBACK),
        auto_reload: director
            .and_then(|own| own.choice::<String>("reload"))
            .is_some_and(|when| when == "auto"),
        boot_delay_ms: boot
            .and_then(|boot| boot.duration("delay"))
            .unwrap_or(defaults::BOOT_DELAY_MS),
        services: read_services(&root),
    };
    if let Some(own) = director {
        check_folders(own, &spec);
    }
    Some(spec)
}

fn under_base(ctx: &Ctx<'_>, name: &str) -> PathBuf {
    ctx.base.join(name)
}

fn check_api(own: &Reader<'_>) {
    let Some(item) = own.item("api") else { return };
    match own.ctx.expanded(&item, Shape::Choice(&["off"])) {
        Some(text) if text != "off" => own.ctx.error(
            Fault::new(
                Code::NotYetSupported,
                &item.key,
                item.span.clone(),
                "`director.api` can only be \"off\" yet".to_owned(),
            )
            .found(item.found())
            .allowed("\"off\"")
            .help("a TCP listener comes with the dashboard; the command line needs none"),
        ),
        _ => {}
    }
}

fn is_name(text: &str) -> bool {
    let usable = |found: char| found.is_ascii_alphanumeric() || matches!(found, ' ' | '-' | '_' | '.');
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(usable)
        && !text.ends_with([' ', '.'])
}

fn default_name(ctx: &Ctx<'_>) -> String {
    let folder = ctx
        .base
        .file_name()
        .and_then(|name| name.to_str())
        .filter(|name| is_name(name));
    folder.unwrap_or("director").to_owned()
}

fn read_name(own: &Reader<'_>) -> Option<String> {
    let item = own.item("name")?;
    let name = own.ctx.filled_text(&item)?;
    if is_name(&name) {
        return Some(name);
    }
    own.ctx.error(
        Fault::new(Code::BadName, &item.key, item.span.clone(), "`director.name` cannot name a boot entry and a folder".to_owned())
            .found(item.found())
            .allowed("1 to 64 letters, digits, spaces, `-`, `_`, `.`, beginning with a letter or digit, ending with neither space nor dot"),
    );
    None
}

fn check_folders(own: &Reader<'_>, spec: &DirectorSpec) {
    if !crate::paths::same(&spec.data_dir, &spec.log_dir, own.ctx.env.windows) {
        return;
    }
    let name = if own.has("log_dir") { "log_dir" } else { "data_dir" };
    own.ctx.error(
        Fault::new(
            Code::SameFolder,
            own.key(name),
            own.span_of(name),
            "`director.data_dir` and `director.log_dir` are the same folder".to_owned(),
        )
        .found(spec.data_dir.display().to_string())
        .allowed("two different folders"),
    );
}
