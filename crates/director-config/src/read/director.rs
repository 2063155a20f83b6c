//! The top level, `[director]` and `[boot]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use director_core::spec::{DirectorSpec, NameFault, ServiceName, ServiceSpec};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::service::read_service;
use super::{Ctx, Fault, Item, Reader};
use crate::codes::Code;
use crate::defaults;
use crate::keys::{Section, Shape};

/// No file declares more services.
const MAX_SERVICES: usize = 1000;

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

fn read_services(root: &Reader<'_>) -> BTreeMap<ServiceName, ServiceSpec> {
    let mut services = BTreeMap::new();
    let Some(entries) = service_entries(root) else {
        return services;
    };
    let mut folded: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in entries {
        let text = key.get_ref().as_ref();
        let name = check_name(root.ctx, text, key.span());
        if let Some(other) = folded.insert(text.to_ascii_lowercase(), text.to_owned()) {
            let (other, text) = (super::shown(&other), super::shown(text));
            let message = format!("the services `{other}` and `{text}` differ only by case");
            root.ctx.error(
                Fault::new(
                    Code::DuplicateService,
                    format!("service.{text}"),
                    key.span(),
                    message,
                )
                .found(format!("`{text}`"))
                .allowed("names that differ in more than case")
                .help("names become folders, and Windows folds their case"),
            );
        }
        let key_text = format!("service.{}", super::shown(text));
        let item = Item {
            key: key_text,
            value: value.get_ref(),
            span: value.span(),
            secret: false,
        };
        let Some(table) = root.ctx.as_table(&item) else {
            continue;
        };
        let own = Reader::open(root.ctx, Section::Service, item.key, key.span(), table);
        // A wrong name does not hide the faults below it.
        let is_valid = name.is_some();
        let Some(name) = name.or_else(|| ServiceName::new("unnamed").ok()) else {
            continue;
        };
        if let Some(spec) = read_service(&own, name).filter(|_| is_valid) {
            services.insert(spec.name.clone(), spec);
        }
    }
    services
}

type Entry<'a> = (&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>);

/// The tables of the services in the order of the file; `None` when there are none, or too many.
fn service_entries<'a>(root: &Reader<'a>) -> Option<Vec<Entry<'a>>> {
    let none = |span: Range<usize>| {
        Fault::new(
            Code::NoService,
            "service",
            span,
            "the configuration declares no service".to_owned(),
        )
        .found("no table [service.NAME]")
        .allowed(format!("1 to {MAX_SERVICES} services"))
        .help("write [service.web] and below it command = [\"program\", \"argument\"]")
    };
    let Some(item) = root.item("service") else {
        root.ctx.error(none(0..0));
        return None;
    };
    let Some(table) = item.value.as_table() else {
        let help = "write [service.web], with the service's name".to_owned();
        root.ctx.wrong_type(&item, Shape::Services, Some(help));
        return None;
    };
    if table.is_empty() {
        root.ctx.error(none(root.span_of("service")));
        return None;
    }
    if table.len() > MAX_SERVICES {
        let message = "the configuration declares too many services".to_owned();
        let fault = Fault::new(Code::TooMany, "service", root.span_of("service"), message);
        root.ctx.error(
            fault
                .found(format!("{} services", table.len()))
                .allowed(format!("at most {MAX_SERVICES}")),
        );
        return None;
    }
    let mut entries: Vec<Entry<'a>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Some(entries)
}

fn check_name(ctx: &Ctx<'_>, text: &str, span: Range<usize>) -> Option<ServiceName> {
    let fault = match ServiceName::new(text) {
        Ok(name) => return Some(name),
        Err(fault) => fault,
    };
    let shown = super::shown(text);
    let why = match fault {
        NameFault::Empty => "it is empty".to_owned(),
        NameFault::TooLong => "it is longer than 64 bytes".to_owned(),
        NameFault::BadCharacter(found) => format!("{found:?} may not stand there"),
        NameFault::Reserved => "Windows reserves it for a device".to_owned(),
    };
    ctx.error(
        Fault::new(
            Code::BadServiceName,
            format!("service.{shown}"),
            span,
            format!("`{shown}` cannot name a service: {why}"),
        )
        .found(format!("`{shown}`"))
        .allowed(
            "1 to 64 letters, digits, `-`, `_`, `.`, beginning with a letter or digit, not ending with a dot",
        ),
    );
    None
}
