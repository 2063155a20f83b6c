//! Values: type, expansion, bounds.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::{Ctx, Fault, Item};
use crate::codes::Code;
use crate::expand::{ExpandFault, expand};
use crate::keys::Shape;
use crate::units::{self, DurationFault, SizeFault};

/// A text of the file for a diagnostic: bounded, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut out: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out.replace("\\\"", "\"").replace("\\'", "'")
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

    fn bad(&self, code: Code, item: &Item<'_>, what: &str, shape: Shape) -> Fault {
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

    pub(crate) fn integer(&self, item: &Item<'_>, min: i64, max: i64) -> Option<i64> {
        let shape = Shape::Integer { min, max };
        let Some(number) = item.value.as_integer() else {
            let unquoted = item.value.as_str().filter(|text| text.parse::<i64>().is_ok());
            self.wrong_type(
                item,
                shape,
                unquoted.map(|text| format!("write {text} without quotes")),
            );
            return None;
        };
        let value = i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|value| (min..=max).contains(value));
        if value.is_none() {
            self.error(self.bad(Code::OutOfRange, item, "is out of range", shape));
        }
        value
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
        match expand(text, self.env.vars) {
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

    pub(crate) fn duration(&self, item: &Item<'_>, min: u64) -> Option<u64> {
        let shape = Shape::Duration { min };
        if let Some(number) = item.value.as_integer() {
            self.error(
                self.bad(Code::BadType, item, "is a number, not a duration", shape)
                    .help(format!("write \"{number}s\"")),
            );
            return None;
        }
        if let Some(number) = item.value.as_float() {
            let help = whole_ms(number.as_str()).map_or_else(
                || "write it as a text with a unit".to_owned(),
                |ms| format!("write \"{}\"", units::duration_text(ms)),
            );
            self.error(
                self.bad(Code::BadType, item, "is a number, not a duration", shape)
                    .help(help),
            );
            return None;
        }
        let text = self.expanded(item, shape)?;
        match units::parse_duration(&text) {
            Ok(value) if value >= min => Some(value),
            Ok(_) => {
                self.error(self.bad(Code::OutOfRange, item, "is too short", shape));
                None
            }
            Err(fault) => {
                self.error(self.duration_fault(item, &text, &fault, shape));
                None
            }
        }
    }

    pub(crate) fn duration_fault(
        &self,
        item: &Item<'_>,
        text: &str,
        fault: &DurationFault,
        shape: Shape,
    ) -> Fault {
        let code = match fault {
            DurationFault::TooLong | DurationFault::Negative => Code::OutOfRange,
            _ => Code::BadDuration,
        };
        let bad = self.bad(code, item, &format!("is no duration: {fault}"), shape);
        match duration_help(text, fault) {
            Some(help) => bad.help(help),
            None => bad,
        }
    }

    pub(crate) fn size(&self, item: &Item<'_>, min: u64) -> Option<u64> {
        let shape = Shape::Size { min };
        if let Some(number) = item.value.as_integer() {
            self.error(
                self.bad(Code::BadType, item, "is a number, not a size", shape)
                    .help(format!("write \"{number}B\"")),
            );
            return None;
        }
        let text = self.expanded(item, shape)?;
        match units::parse_size(&text) {
            Ok(value) if value >= min => Some(value),
            Ok(_) => {
                self.error(self.bad(Code::OutOfRange, item, "is too small", shape));
                None
            }
            Err(fault) => {
                let bad = self.bad(Code::BadSize, item, &format!("is no size: {fault}"), shape);
                self.error(match &fault {
                    SizeFault::MissingUnit(number) => {
                        bad.help(format!("write \"{number}B\", or a larger unit"))
                    }
                    SizeFault::UnknownUnit(unit) if "kmgt".contains(&unit.to_ascii_lowercase()) => {
                        let upper = unit.to_ascii_uppercase();
                        bad.help(format!("write {upper}iB (1024) or {upper}B (1000)"))
                    }
                    _ => bad,
                });
                None
            }
        }
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

    pub(crate) fn path(&self, item: &Item<'_>) -> Option<PathBuf> {
        let text = self.expanded(item, Shape::Path)?;
        if text.is_empty() {
            self.error(
                self.bad(Code::EmptyValue, item, "is empty", Shape::Path)
                    .help("write \".\" for the config's folder"),
            );
            return None;
        }
        let resolved = crate::paths::resolve(&self.base, &text, self.env.windows);
        if resolved.is_err() {
            self.error(
                self.bad(
                    Code::BadPath,
                    item,
                    "names no drive, or no place on it",
                    Shape::Path,
                )
                .help("write a whole path such as \"C:/app\", or one relative to the config's folder"),
            );
        }
        resolved.ok()
    }

    /// Every entry of an array that must not be empty; `None` when one of them is wrong.
    pub(crate) fn each<T>(
        &self,
        item: &Item<'a>,
        most: usize,
        read: impl Fn(&Self, &Item<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(array) = item.value.as_array() else {
            self.wrong_type(
                item,
                Shape::Texts { most },
                Some("write an array in brackets".to_owned()),
            );
            return None;
        };
        if array.is_empty() {
            self.error(self.bad(Code::EmptyValue, item, "is empty", Shape::Texts { most }));
            return None;
        }
        if array.len() > most {
            let message = format!("`{}` has too many entries", item.key);
            let fault = Fault::new(Code::TooMany, &item.key, item.span.clone(), message);
            self.error(
                fault
                    .found(format!("{} entries", array.len()))
                    .allowed(format!("at most {most}")),
            );
            return None;
        }
        let entries = array.iter().enumerate().map(|(index, value)| Item {
            key: format!("{}[{index}]", item.key),
            value: value.get_ref(),
            span: value.span(),
            secret: item.secret,
        });
        // Collected first: every wrong entry is to be recorded, not only the first.
        let read: Vec<Option<T>> = entries.map(|entry| read(self, &entry)).collect();
        read.into_iter().collect()
    }

    /// Program and arguments. A program with a separator is made absolute.
    pub(crate) fn command(&self, item: &Item<'a>) -> Option<Vec<String>> {
        if let Some(text) = item.value.as_str() {
            let words: Vec<String> = text
                .split_whitespace()
                .map(|word| format!("\"{}\"", shown(word)))
                .collect();
            let message = format!(
                "`{}` must be an array of program and arguments, not one text",
                item.key
            );
            self.error(
                Fault::new(Code::CommandNotArray, &item.key, item.span.clone(), message)
                    .found(item.found())
                    .allowed(Shape::Command.allowed())
                    .help(format!("no shell reads it; write [{}]", words.join(", "))),
            );
            return None;
        }
        let mut words = self.each(item, 4096, |ctx, entry| {
            if entry.key.ends_with("[0]") {
                ctx.filled_text(entry)
            } else {
                ctx.any_text(entry)
            }
        })?;
        if crate::paths::has_separator(&words[0], self.env.windows) {
            let first = item.value.as_array().and_then(|array| array.first())?;
            let program = Item {
                key: format!("{}[0]", item.key),
                value: first.get_ref(),
                span: first.span(),
                secret: false,
            };
            match self.path(&program)?.into_os_string().into_string() {
                Ok(absolute) => words[0] = absolute,
                Err(_) => {
                    self.error(self.bad(
                        Code::BadPath,
                        &program,
                        "lies in a folder whose name is not Unicode",
                        Shape::Path,
                    ));
                    return None;
                }
            }
        }
        Some(words)
    }
}

/// What to write instead.
pub(crate) fn duration_help(text: &str, fault: &DurationFault) -> Option<String> {
    match fault {
        DurationFault::MissingUnit(number) if number == text => Some(format!("write \"{number}s\"")),
        DurationFault::UnknownUnit(unit) => {
            let unit = unit.trim();
            let meant = match unit.to_ascii_lowercase().as_str() {
                "sec" | "secs" | "second" | "seconds" | "s" => "s",
                "min" | "mins" | "minute" | "minutes" | "m" => "m",
                "hour" | "hours" | "hr" | "hrs" | "h" => "h",
                "day" | "days" | "d" => "d",
                "msec" | "millis" | "milliseconds" | "ms" => "ms",
                _ => return Some("the units are ms, s, m, h and d".to_owned()),
            };
            Some(format!("write `{meant}` right after the number"))
        }
        DurationFault::Fraction => Some(
            "use a smaller unit: \"500ms\" for half a second, \"90m\" for one and a half hours".to_owned(),
        ),
        DurationFault::Order(_) => Some("write the longest unit first, each once: \"1m30s\"".to_owned()),
        _ => None,
    }
}

/// Seconds with a fraction, in milliseconds, when that is what the text says.
fn whole_ms(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.')?;
    if fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    let ms: u64 = format!("{fraction:0<3}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(ms)
        .filter(|ms| *ms <= units::MAX_DURATION_MS)
}
