//! Values: type, expansion, choices.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::{Ctx, Fault, Item};
use crate::codes::Code;
use crate::expand::{ExpandFault, expand, put_index};
use crate::keys::Shape;

/// A text of the file for a diagnostic: bounded, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::new();
    for found in text.chars().take(MOST) {
        // Quotes and the backslashes of Windows paths stay readable; what steers a terminal does not pass.
        match found {
            '\\' | '"' | '\'' => out.push(found),
            _ => out.extend(found.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

impl<'a> Ctx<'a> {
    /// Records a value of the wrong type.
    pub(crate) fn wrong_type(&self, item: &Item<'_>, shape: Shape, help: Option<String>) {
        let message = format!("`{}` has the wrong type", item.key);
        let fault = Fault::new(Code::BadType, &item.key, item.span.clone(), message)
            .found(item.found())
            .allowed(shape.allowed());
        self.error(match help {
            Some(help) => fault.help(help),
            None => fault,
        });
    }

    /// A fault of a value; `what` follows its key.
    pub(crate) fn bad(&self, code: Code, item: &Item<'_>, what: &str, shape: Shape) -> Fault {
        Fault::new(
            code,
            &item.key,
            item.span.clone(),
            format!("`{}` {what}", item.key),
        )
        .found(item.found())
        .allowed(shape.allowed())
    }

    pub(crate) fn as_table(&self, item: &Item<'a>) -> Option<&'a DeTable<'a>> {
        let table = item.value.as_table();
        if table.is_none() {
            let help = item
                .value
                .is_array()
                .then(|| format!("write [{}], with single brackets", item.key));
            self.wrong_type(item, Shape::Table(crate::keys::Section::Root), help);
        }
        table
    }

    pub(crate) fn flag(&self, item: &Item<'_>) -> Option<bool> {
        let flag = item.value.as_bool();
        if flag.is_none() {
            let help = match item.value.as_str() {
                Some(text @ ("true" | "false")) => Some(format!("write {text} without quotes")),
                _ => None,
            };
            self.wrong_type(item, Shape::Flag, help);
        }
        flag
    }

    /// A text with its variables expanded; may be empty.
    pub(crate) fn any_text(&self, item: &Item<'_>) -> Option<String> {
        self.expanded(item, Shape::Text)
    }

    /// A text that must not be empty.
    pub(crate) fn filled_text(&self, item: &Item<'_>) -> Option<String> {
        let text = self.any_text(item)?;
        if text.is_empty() {
            self.error(self.bad(Code::EmptyValue, item, "is empty", Shape::Text));
            return None;
        }
        Some(text)
    }

    pub(crate) fn expanded(&self, item: &Item<'_>, shape: Shape) -> Option<String> {
        let Some(text) = item.value.as_str() else {
            let quotable = matches!(
                item.value,
                DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)
            );
            self.wrong_type(
                item,
                shape,
                quotable.then(|| "write the value in quotes".to_owned()),
            );
            return None;
        };
        let text = self.indexed(item, text)?;
        match expand(&text, self.env.vars) {
            Ok(text) if text.contains('\0') => {
                self.error(self.bad(Code::NulCharacter, item, "contains a NUL character", shape));
                None
            }
            Ok(text) => Some(text),
            Err(faults) => {
                for (nth, fault) in faults {
                    self.expansion_fault(item, nth, &fault);
                }
                None
            }
        }
    }

    /// The text with the number of the instance in it.
    fn indexed<'t>(&self, item: &Item<'_>, text: &'t str) -> Option<Cow<'t, str>> {
        let Some(index) = self.index.get() else {
            self.warn_of_index(item, text);
            return Some(Cow::Borrowed(text));
        };
        let indexed = put_index(text, index);
        if indexed.is_none() {
            let key = &item.key;
            let message = format!("`{key}` has an `{{index` that is not understood");
            self.error(
                Fault::new(Code::BadExpansion, key, item.span.clone(), message)
                    .found("{index…")
                    .allowed("{index}, or {index+N} with a whole number N")
                    .help("it is the instance's number, from 0"),
            );
        }
        indexed
    }

    /// Says that `{index}` stays as it is in a service without `instances`. Elsewhere nobody takes it for a number.
    fn warn_of_index(&self, item: &Item<'_>, text: &str) {
        let key = &item.key;
        let is_meant = put_index(text, 0).is_some_and(|indexed| indexed != text);
        if !is_meant || !key.starts_with("service.") {
            return;
        }
        let message =
            format!("`{key}` has {{index}}, which means something in a service with `instances` only");
        self.warn(
            Fault::new(Code::WithoutEffect, key, item.span.clone(), message)
                .found("{index} without `instances`")
                .allowed("{index} beside `instances`")
                .help(
                    "with `instances` it is the instance's number, from 0; without, the text stays as it is",
                ),
        );
    }

    fn expansion_fault(&self, item: &Item<'_>, nth: usize, fault: &ExpandFault) {
        let raw = self.source.text.get(item.span.clone()).unwrap_or_default();
        let place = raw.match_indices("${").nth(nth).map(|(at, _)| at);
        let length = |at: usize| raw[at..].find('}').map_or(2, |close| close + 1);
        let span = match (place, fault) {
            (Some(at), ExpandFault::Unclosed) => item.span.start + at..item.span.start + at + 2,
            (Some(at), _) => item.span.start + at..item.span.start + at + length(at),
            (None, _) => item.span.clone(),
        };
        let key = &item.key;
        self.error(match fault {
            ExpandFault::Undefined { name } => {
                Fault::new(Code::UndefinedVariable, key, span, format!("`{key}` uses the environment variable `{name}`, which is not set"))
                    .found(format!("${{{name}}}"))
                    .allowed("a variable that is set")
                    .help(format!("set {name} for the account that runs the director, or write `$${{{name}}}` for that very text"))
            }
            ExpandFault::Unclosed => Fault::new(Code::BadExpansion, key, span, format!("`{key}` has `${{` without `}}`"))
                .found("${")
                .allowed("${NAME}")
                .help("close it with `}`, or write `$$` for a dollar"),
            ExpandFault::BadName { name } => {
                let found = if item.secret { "${…}".to_owned() } else { format!("${{{}}}", shown(name)) };
                Fault::new(Code::BadExpansion, key, span, format!("`{key}` expands something that is no variable's name"))
                    .found(found)
                    .allowed("${NAME}")
                    .help("write `$$` for a dollar")
            }
        });
    }

    pub(crate) fn choice<T: DeserializeOwned>(
        &self,
        item: &Item<'_>,
        choices: &'static [&'static str],
    ) -> Option<T> {
        let shape = Shape::Choice(choices);
        let text = self.expanded(item, shape)?;
        let known = choices.contains(&text.as_str());
        let value = known
            .then(|| serde_json::from_value(serde_json::Value::String(text.clone())).ok())
            .flatten();
        if value.is_none() {
            let bad = self.bad(Code::BadChoice, item, "is none of the allowed texts", shape);
            let close = choices.iter().find(|choice| {
                strsim::damerau_levenshtein(choice, &text.to_ascii_lowercase()) <= 2 && text.len() > 2
            });
            self.error(match close {
                Some(choice) => bad.help(format!("did you mean \"{choice}\"?")),
                None => bad,
            });
        }
        value
    }
}
