//! A table of the file, open for reading.

use std::ops::Range;

use director_core::spec::Samples;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Ctx, Fault, Item, shown};
use crate::codes::Code;
use crate::keys::{self, LATER, Section, Shape};

/// A table of the file, open for reading. What is absent or wrong reads as `None`; what is wrong is recorded.
pub(crate) struct Reader<'a> {
    pub(crate) ctx: &'a Ctx<'a>,
    pub(crate) section: Section,
    /// The table's key, such as `service.web.health`; empty at the top.
    pub(crate) path: String,
    /// Where the table's name stands.
    pub(crate) span: Range<usize>,
    /// The service the table belongs to; empty for none.
    service: String,
    table: &'a DeTable<'a>,
}

impl<'a> Reader<'a> {
    /// Opens a table and records its unknown keys.
    pub(crate) fn open(
        ctx: &'a Ctx<'a>,
        section: Section,
        path: String,
        span: Range<usize>,
        table: &'a DeTable<'a>,
    ) -> Self {
        // The name may contain dots, so that it can be taken from the path here only.
        let name = path
            .strip_prefix("service.")
            .filter(|_| section == Section::Service);
        let service = name.unwrap_or_default().to_owned();
        Self {
            ctx,
            section,
            path,
            span,
            service,
            table,
        }
        .checked()
    }

    fn checked(self) -> Self {
        for (key, value) in self.table {
            if keys::find(self.section, key.get_ref()).is_none() && !self.ctx.counts_only(false) {
                self.refuse(key, value);
            }
        }
        self
    }

    /// The full key of a name in this table.
    pub(crate) fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn refuse(&self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let name = key.get_ref().as_ref();
        let place = self.section.place(if self.service.is_empty() {
            "NAME"
        } else {
            &self.service
        });
        if let Some(later) = LATER
            .iter()
            .find(|later| later.section == self.section && later.name == name)
        {
            self.ctx.error(
                Fault::new(Code::NotYetSupported, self.key(name), key.span(), format!("`{}` is not supported yet", self.key(name)))
                    .found(format!("the key `{name}`"))
                    .allowed(keys::allowed(self.section))
                    .help(format!("this version has no support for it yet ({}): remove the key, nothing is accepted and ignored", later.what)),
            );
            return;
        }
        let is_service = self.section == Section::Root && value.get_ref().get("command").is_some();
        let hint = if is_service {
            Some(format!("a service is written [service.{name}]"))
        } else {
            keys::suggest::hint(
                self.section,
                name,
                Some(self.service.as_str()).filter(|service| !service.is_empty()),
            )
        };
        let shown = shown(name);
        let fault = Fault::new(
            Code::UnknownKey,
            self.key(name),
            key.span(),
            format!("unknown key `{shown}` {place}"),
        )
        .found(format!("the key `{shown}`"))
        .allowed(keys::allowed(self.section));
        self.ctx.error(match hint {
            Some(hint) => fault.help(hint),
            None => fault,
        });
    }

    /// Whether the key is written, rightly or wrongly.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Where the key is written.
    pub(crate) fn span_of(&self, name: &str) -> Range<usize> {
        self.table
            .get_key_value(name)
            .map_or_else(|| self.span.clone(), |(key, _)| key.span())
    }

    /// The value of a key.
    pub(crate) fn item(&self, name: &str) -> Option<Item<'a>> {
        debug_assert!(
            keys::find(self.section, name).is_some(),
            "`{name}` is not in the table of keys"
        );
        let value = self.table.get(name)?;
        Some(Item {
            key: self.key(name),
            value: value.get_ref(),
            span: value.span(),
            secret: false,
        })
    }

    /// The value of a key and its shape in the table of keys.
    fn shaped(&self, name: &str) -> Option<(Item<'a>, Shape)> {
        Some((self.item(name)?, keys::find(self.section, name)?.shape))
    }

    /// A table inside this one.
    pub(crate) fn table(&self, name: &str) -> Option<Reader<'a>> {
        let (item, Shape::Table(section)) = self.shaped(name)? else {
            return None;
        };
        let table = self.ctx.as_table(&item)?;
        let (span, service) = (self.span_of(name), self.service.clone());
        Some(
            Self {
                ctx: self.ctx,
                section,
                path: item.key,
                span,
                service,
                table,
            }
            .checked(),
        )
    }

    /// The tables of an array of tables.
    pub(crate) fn tables(&self, name: &str) -> Vec<Reader<'a>> {
        let Some((item, shape)) = self.shaped(name) else {
            return Vec::new();
        };
        let Shape::Tables { of: section, most } = shape else {
            return Vec::new();
        };
        if item.value.is_table() {
            let help = format!("write {}, with double brackets", section.header(&self.service));
            self.ctx.wrong_type(&item, shape, Some(help));
            return Vec::new();
        }
        let opened = self.ctx.each(&item, most, |ctx, entry| {
            let table = ctx.as_table(entry)?;
            let (span, service) = (entry.span.clone(), self.service.clone());
            let reader = Self {
                ctx: self.ctx,
                section,
                path: entry.key.clone(),
                span,
                service,
                table,
            };
            Some(reader.checked())
        });
        opened.unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.ctx.flag(&self.item(name)?)
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.ctx.filled_text(&self.item(name)?)
    }

    pub(crate) fn path_value(&self, name: &str) -> Option<std::path::PathBuf> {
        self.ctx.path(&self.item(name)?)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let (item, Shape::Integer { min, max }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.integer(&item, min, max)
    }

    pub(crate) fn port(&self, name: &str) -> Option<u16> {
        self.ctx.port(&self.item(name)?)
    }

    pub(crate) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let (item, Shape::Integers { min, max, most }) = self.shaped(name)? else {
            return None;
        };
        self.ctx
            .each(&item, most, |ctx, entry| ctx.integer(entry, min, max))
    }

    pub(crate) fn duration(&self, name: &str) -> Option<u64> {
        let (item, Shape::Duration { min }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.duration(&item, min)
    }

    pub(crate) fn durations(&self, name: &str) -> Option<Vec<u64>> {
        let (item, Shape::Durations { most }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.each(&item, most, |ctx, entry| ctx.duration(entry, 0))
    }

    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        let (item, Shape::Size { min }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.size(&item, min)
    }

    pub(crate) fn percent(&self, name: &str) -> Option<u32> {
        let (item, Shape::Percent { min, max }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.percent(&item, min, max)
    }

    pub(crate) fn samples(&self, name: &str) -> Option<Samples> {
        let (item, Shape::Samples { most }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.samples(&item, most)
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let (item, Shape::Texts { most }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.each(&item, most, Ctx::filled_text)
    }

    pub(crate) fn paths(&self, name: &str) -> Option<Vec<std::path::PathBuf>> {
        let (item, Shape::Paths { most }) = self.shaped(name)? else {
            return None;
        };
        self.ctx.each(&item, most, Ctx::path)
    }

    pub(crate) fn command(&self, name: &str) -> Option<Vec<String>> {
        self.ctx.command(&self.item(name)?)
    }

    /// One of the texts of the table of keys, as the core's own enum.
    pub(crate) fn choice<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let (item, Shape::Choice(choices)) = self.shaped(name)? else {
            return None;
        };
        self.ctx.choice(&item, choices)
    }
}
