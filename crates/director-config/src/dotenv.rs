//! The `env_file`: KEY=VALUE lines, taken literally.

use std::collections::BTreeMap;
use std::path::Path;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::read::{Fault, Reader};
use crate::source::{BOM, MAX_BYTES};

/// Reads the file that `env_file` of a service names.
pub(crate) fn read(service: &Reader<'_>, path: &Path) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let (key, span) = (service.key("env_file"), service.span_of("env_file"));
    let text = match (service.ctx.env.read_file)(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read the env_file {}: {error}", path.display());
            service.ctx.error(
                Fault::new(Code::EnvFileUnreadable, key, span, message)
                    .found(path.display().to_string())
                    .allowed("a readable file of KEY=VALUE lines"),
            );
            return env;
        }
    };
    if text.len() > MAX_BYTES {
        let message = format!("the env_file {} is larger than 1 MiB", path.display());
        service.ctx.error(
            Fault::new(Code::TooLarge, key, span, message)
                .found(format!("{} bytes", text.len()))
                .allowed("at most 1048576 bytes"),
        );
        return env;
    }
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = offset;
        offset += line.len();
        let content = line.strip_prefix(BOM).filter(|_| index == 0).unwrap_or(line);
        match parse_line(content) {
            Ok(None) => {}
            Ok(Some((name, value))) => put(&mut env, name, value, service.ctx.env.windows),
            Err(why) => service.ctx.push(Diagnostic {
                line: index + 1,
                span: start..start + line.trim_end().len(),
                key: key.clone(),
                found: "a line that cannot be read".to_owned(),
                allowed: "KEY=VALUE, KEY='VALUE', KEY=\"VALUE\", a comment after #, or nothing".to_owned(),
                ..Diagnostic::new(
                    Code::BadEnvLine,
                    path,
                    format!("bad line in the env_file of `{}`: {why}", service.path),
                )
            }),
        }
    }
    env
}

/// Puts a variable in; on Windows it replaces one whose name differs only by case.
pub(crate) fn put(env: &mut BTreeMap<String, String>, name: &str, value: String, windows: bool) {
    if windows {
        env.retain(|other, _| !other.eq_ignore_ascii_case(name));
    }
    env.insert(name.to_owned(), value);
}

/// Why a text cannot be the name of a variable.
pub(crate) fn name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("the name is empty")
    } else if name.contains('=') {
        Some("the name contains `=`")
    } else if name.contains('\0') {
        Some("the name contains a NUL character")
    } else if name.trim() != name {
        Some("a space stands at its end or beginning")
    } else {
        None
    }
}

fn parse_line(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) = line.split_once('=').ok_or("there is no `=`")?;
    let name = name.trim_end();
    if let Some(why) = name_fault(name) {
        return Err(why);
    }
    if name.contains(char::is_whitespace) {
        return Err("a space stands in the name");
    }
    let value = parse_value(value.trim_start())?;
    if value.contains('\0') {
        return Err("there is a NUL character");
    }
    Ok(Some((name, value)))
}

fn parse_value(text: &str) -> Result<String, &'static str> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        // A comment begins after a space, so that `a#b` stays whole.
        let end = text
            .match_indices('#')
            .find(|(at, _)| *at == 0 || text[..*at].ends_with([' ', '\t']))
            .map_or(text.len(), |(at, _)| at);
        return Ok(text[..end].trim_end().to_owned());
    };
    let (mut value, mut rest) = (String::new(), text[1..].chars());
    loop {
        match rest.next() {
            None => return Err("a quote is not closed"),
            Some(found) if found == quote => break,
            Some('\\') if quote == '"' => match rest.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(found @ ('"' | '\\' | '$')) => value.push(found),
                // A Windows path in double quotes keeps its backslashes.
                Some(found) => value.extend(['\\', found]),
                None => return Err("a quote is not closed"),
            },
            Some(found) => value.push(found),
        }
    }
    let after = rest.as_str().trim_start();
    if after.is_empty() || after.starts_with('#') {
        Ok(value)
    } else {
        Err("something follows the closing quote")
    }
}
