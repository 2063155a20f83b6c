//! Numbers, durations and sizes, within their bounds.

use director_core::spec::Samples;

use super::{Ctx, Fault, Item};
use crate::codes::Code;
use crate::keys::Shape;
use crate::units::{self, DurationFault, SizeFault};

impl Ctx<'_> {
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

    /// A port; in a service with instances it may be a text that makes a number of the index.
    pub(crate) fn port(&self, item: &Item<'_>) -> Option<u16> {
        let (min, max) = (1, i64::from(u16::MAX));
        let text = item.value.as_str();
        if self.index.get().is_none() && text.is_some_and(|text| text.contains("{index")) {
            let help = "`{index}` means something in a service with `instances` only".to_owned();
            self.wrong_type(item, Shape::Port, Some(help));
            return None;
        }
        if self.index.get().is_none() || text.is_none() {
            let port = self.integer(item, min, max)?;
            return u16::try_from(port).ok();
        }
        let text = self.expanded(item, Shape::Port)?;
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        if port.is_none() {
            let message = format!("is no port: it makes \"{text}\"");
            self.error(self.bad(Code::OutOfRange, item, &message, Shape::Port));
        }
        port
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
}

impl Ctx<'_> {
    /// A text such as `150%`.
    pub(crate) fn percent(&self, item: &Item<'_>, min: u32, max: u32) -> Option<u32> {
        let shape = Shape::Percent { min, max };
        if let Some(number) = item.value.as_integer() {
            let bad = self.bad(Code::BadType, item, "is a number, not a percentage", shape);
            self.error(bad.help(format!("write \"{number}%\"")));
            return None;
        }
        let text = self.expanded(item, shape)?;
        let digits = text.strip_suffix('%').filter(|digits| is_whole(digits));
        let Some(digits) = digits else {
            let bad = self.bad(Code::BadPercent, item, "is no percentage", shape);
            self.error(if is_whole(&text) {
                bad.help(format!("write \"{text}%\""))
            } else if text.contains('.') {
                bad.help("write a whole number of percent")
            } else {
                bad
            });
            return None;
        };
        let value = digits
            .parse::<u32>()
            .ok()
            .filter(|value| (min..=max).contains(value));
        if value.is_none() {
            self.error(self.bad(Code::OutOfRange, item, "is out of range", shape));
        }
        value
    }

    /// A text such as `3/5`.
    pub(crate) fn samples(&self, item: &Item<'_>, most: u32) -> Option<Samples> {
        let shape = Shape::Samples { most };
        let text = self.expanded(item, shape)?;
        let parts = text
            .split_once('/')
            .filter(|(above, of)| is_whole(above) && is_whole(of));
        let Some((above, of)) = parts else {
            self.error(self.bad(Code::BadSamples, item, "is no `N/M`", shape));
            return None;
        };
        // What does not fit is out of range, too.
        let count = |digits: &str| digits.parse::<u32>().unwrap_or(u32::MAX);
        let samples = Samples {
            above: count(above),
            of: count(of),
        };
        if samples.above < 1 || samples.above > samples.of || samples.of > most {
            self.error(self.bad(Code::OutOfRange, item, "is out of range", shape));
            return None;
        }
        Some(samples)
    }
}

fn is_whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
