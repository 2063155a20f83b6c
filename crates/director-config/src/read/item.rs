//! One value with its place.

use std::ops::Range;

use toml::de::DeValue;

/// A value of the file and where it stands.
pub(crate) struct Item<'a> {
    /// The full key, such as `service.web.restart.backoff[2]`.
    pub(crate) key: String,
    pub(crate) value: &'a DeValue<'a>,
    pub(crate) span: Range<usize>,
    /// A value of the environment, which no diagnostic may repeat.
    pub(crate) secret: bool,
}

impl Item<'_> {
    /// What was found, for a diagnostic.
    pub(crate) fn found(&self) -> String {
        let (noun, shown) = match self.value {
            DeValue::String(text) => ("a text", Some(format!("the text \"{}\"", super::shown(text)))),
            DeValue::Integer(number) => ("a number", Some(format!("the number {number}"))),
            DeValue::Float(number) => ("a number", Some(format!("the number {number}"))),
            DeValue::Boolean(flag) => ("true or false", Some(format!("{flag}"))),
            DeValue::Datetime(_) => ("a date or time", None),
            DeValue::Array(_) => ("an array", None),
            DeValue::Table(_) => ("a table", None),
        };
        match shown {
            Some(shown) if !self.secret => shown,
            _ => noun.to_owned(),
        }
    }
}
