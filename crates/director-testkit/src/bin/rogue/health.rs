//! What the HTTP server answers, fixed by flags or read anew from the health file.

use std::path::Path;
use std::time::Duration;

/// One answer and the ways in which it is difficult.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) slow: Duration,
    pub(crate) redirect: Option<String>,
    pub(crate) huge_body: bool,
    pub(crate) huge_headers: bool,
    pub(crate) drip: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            body: br#"{"status":"healthy"}"#.to_vec(),
            slow: Duration::ZERO,
            redirect: None,
            huge_body: false,
            huge_headers: false,
            drip: false,
        }
    }
}

/// The answer that the health file asks for now. A file that says nothing sensible is a mistake in the
/// test, so the answer is a 500 that names it.
pub(crate) fn read(path: &Path) -> Answer {
    let told = std::fs::read(path)
        .map_err(|error| format!("cannot read: {error}"))
        .and_then(|text| parse(&text));
    told.unwrap_or_else(|error| Answer {
        status: 500,
        body: format!("rogue: health file {}: {error}", path.display()).into_bytes(),
        ..Answer::default()
    })
}

/// `STATUS [WORD...]`, then the body from the second line on.
fn parse(text: &[u8]) -> Result<Answer, String> {
    let end = text.iter().position(|byte| *byte == b'\n');
    let (first, body) = end.map_or((text, &[][..]), |end| (&text[..end], &text[end + 1..]));
    let first = std::str::from_utf8(first).map_err(|error| error.to_string())?;
    let mut words = first.split_whitespace();
    let status = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or("line 1 has no status code")?;
    let mut answer = Answer {
        status,
        body: body.to_vec(),
        ..Answer::default()
    };
    for word in words {
        match word.split_once('=') {
            Some(("slow", ms)) => {
                let ms = ms
                    .parse()
                    .map_err(|_| format!("{word:?} is no number of milliseconds"))?;
                answer.slow = Duration::from_millis(ms);
            }
            Some(("redirect", url)) => answer.redirect = Some(url.into()),
            None if word == "drip" => answer.drip = true,
            None if word == "huge-body" => answer.huge_body = true,
            None if word == "huge-headers" => answer.huge_headers = true,
            _ => return Err(format!("unknown word {word:?} in line 1")),
        }
    }
    Ok(answer)
}
