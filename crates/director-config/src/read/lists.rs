//! Paths, arrays and commands.

use std::path::PathBuf;

use super::{Ctx, Fault, Item, shown};
use crate::codes::Code;
use crate::keys::Shape;

impl<'a> Ctx<'a> {
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
