//! The fields of a cron expression: which of them is wrong, and what it may be.

use croner::parser::CronParser;

/// One field.
struct Field {
    name: &'static str,
    least: u16,
    most: u16,
    /// How many values it has. A greater step would come to the first of them only.
    greatest_step: u32,
}

const fn field(name: &'static str, least: u16, most: u16, greatest_step: u32) -> Field {
    Field {
        name,
        least,
        most,
        greatest_step,
    }
}

/// In the order in which they are written.
const FIELDS: [Field; 6] = [
    field("second", 0, 59, 60),
    field("minute", 0, 59, 60),
    field("hour", 0, 23, 24),
    field("day of month", 1, 31, 31),
    field("month", 1, 12, 12),
    // Sunday has two numbers.
    field("day of week", 0, 7, 7),
];

/// What is wrong with the first field that is wrong by itself. None for a text that has not five or six fields: a nickname, for one.
pub(crate) fn wrong_field(parser: &CronParser, text: &str) -> Option<String> {
    let written: Vec<&str> = text.split_whitespace().collect();
    let with_second = written.len() == FIELDS.len();
    let left_out = if with_second { 0 } else { 1 };
    if written.len() + left_out != FIELDS.len() {
        return None;
    }
    let (field, text, why) = written.iter().enumerate().find_map(|(index, text)| {
        let place = index + left_out;
        let field = FIELDS.get(place)?;
        Some((field, text, fault(parser, field, place, text)?))
    })?;
    let Field {
        name, least, most, ..
    } = field;
    let told = format!("the {name}, {least}-{most}, is \"{text}\": {why}");
    Some(match with_second {
        true => format!("{told}; of six fields the first is the second of the minute"),
        false => told,
    })
}

/// What is wrong with one field, with every other one left open.
fn fault(parser: &CronParser, field: &Field, place: usize, text: &str) -> Option<String> {
    let mut alone = ["*"; FIELDS.len()];
    *alone.get_mut(place)? = text;
    if let Err(error) = parser.parse(&alone.join(" ")) {
        return Some(plain(&error.to_string()));
    }
    // The library passes over both.
    if text.split(',').any(str::is_empty) {
        return Some("a list has an empty entry".to_owned());
    }
    let steps = text.split(',').filter_map(|entry| entry.split_once('/'));
    let greatest = field.greatest_step;
    steps
        .filter_map(|(_, step)| step.split('#').next()?.parse::<u32>().ok())
        .any(|step| step > greatest)
        .then(|| format!("its greatest step is {greatest}"))
}

/// The library's words as the end of a sentence.
pub(crate) fn plain(error: &str) -> String {
    if error.contains(" fields") {
        return "it must have 5 fields, or 6 with the second first".to_owned();
    }
    let words = [
        "Invalid pattern: ",
        "Pattern contains illegal characters: ",
        "Component error: ",
    ]
    .iter()
    .fold(error, |text, lead| text.strip_prefix(lead).unwrap_or(text));
    let words = words.trim_end_matches('.').replace("CronPattern", "it");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => words,
    }
}
