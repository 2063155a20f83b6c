//! Where connections of SQLite are told how long to wait and when to write through.

use tree_sitter::Node;

use super::{Parsed, SettingManner, SqliteOption, SqliteSetting, is_test};
use crate::syntax::{Source, children, keyword, walk};

pub(super) fn find(parsed: Parsed<'_>) -> Vec<SqliteSetting> {
    let mut found = Vec::new();
    if is_test(parsed.file) {
        return found;
    }
    walk(parsed.source.tree.root_node(), |node| {
        let settings = match node.kind() {
            "string" => pragmas(parsed.source, node),
            "call" => by_call(parsed.source, node),
            "pair" => by_django_options(parsed.source, node),
            _ => Vec::new(),
        };
        for (option, manner, value, at) in settings {
            let place = parsed.source.place(parsed.file, at);
            found.push(SqliteSetting {
                option,
                manner,
                value,
                place,
            });
        }
        true
    });
    found
}

type Told<'t> = (SqliteOption, SettingManner, Option<String>, Node<'t>);

/// `PRAGMA name = value` and `PRAGMA name(value)` in a literal; a pragma without a value only asks.
fn pragmas<'t>(source: &Source, node: Node<'t>) -> Vec<Told<'t>> {
    let contents = children(node)
        .into_iter()
        .filter(|part| part.kind() == "string_content");
    let text: String = contents.map(|part| source.text(part)).collect();
    let lower = text.to_ascii_lowercase();
    let mut told = Vec::new();
    for (at, word) in lower.match_indices("pragma ") {
        let rest = lower[at + word.len()..].trim_start();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let option = match name.rsplit('.').next().unwrap_or(name) {
            "busy_timeout" => SqliteOption::BusyTimeout,
            "synchronous" => SqliteOption::Synchronous,
            "journal_mode" => SqliteOption::JournalMode,
            _ => continue,
        };
        let Some(value) = rest.trim_start().strip_prefix(['=', '(']) else {
            continue;
        };
        let value: String = value
            .trim_start()
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        told.push((
            option,
            manner_of(source, node),
            (!value.is_empty()).then_some(value),
            node,
        ));
    }
    told
}

/// By what stands around the literal.
fn manner_of(source: &Source, node: Node<'_>) -> SettingManner {
    let mut here = node;
    while let Some(parent) = here.parent() {
        match parent.kind() {
            "pair" if key_of(source, parent).as_deref() == Some("init_command") => {
                return SettingManner::DjangoOptions;
            }
            "decorated_definition" => {
                let listens = children(parent)
                    .into_iter()
                    .filter(|part| part.kind() == "decorator")
                    .any(|decorator| is_connect_event(source.text(decorator)));
                if listens {
                    return SettingManner::OnConnect;
                }
            }
            "function_definition" if is_registered(source, parent) => return SettingManner::OnConnect,
            _ => {}
        }
        here = parent;
    }
    SettingManner::Pragma
}

fn is_connect_event(decorator: &str) -> bool {
    let listens = decorator.contains("listens_for")
        && (decorator.contains("\"connect\"") || decorator.contains("'connect'"));
    listens || decorator.contains("connection_created")
}

/// Whether the function is handed to `event.listen(…, "connect", f)` or `connection_created.connect(f)` in the same file.
fn is_registered(source: &Source, function: Node<'_>) -> bool {
    let Some(name) = function.child_by_field_name("name").map(|name| source.text(name)) else {
        return false;
    };
    let mut registered = false;
    walk(source.tree.root_node(), |node| {
        if node.kind() == "call"
            && let Some(callee) = node
                .child_by_field_name("function")
                .map(|callee| source.text(callee))
            && let Some(arguments) = node.child_by_field_name("arguments")
        {
            let named = children(arguments).into_iter().any(|argument| {
                let word = source.text(argument);
                word == name
                    || word
                        .strip_suffix(name)
                        .is_some_and(|before| before.ends_with('.'))
            });
            let text = source.text(arguments);
            let event =
                callee.ends_with("listen") && (text.contains("\"connect\"") || text.contains("'connect'"));
            registered |= named && (event || callee.ends_with("connection_created.connect"));
        }
        !registered
    });
    registered
}

/// `timeout` handed to a driver, or to SQLAlchemy for it.
fn by_call<'t>(source: &Source, call: Node<'t>) -> Vec<Told<'t>> {
    let told = || {
        let callee = source.dotted(call.child_by_field_name("function")?)?;
        let arguments = call.child_by_field_name("arguments")?;
        match callee.as_str() {
            "sqlite3.connect" | "aiosqlite.connect" => {
                let second = children(arguments)
                    .into_iter()
                    .take(2)
                    .nth(1)
                    .filter(|argument| argument.kind() != "keyword_argument");
                let value = keyword(source, arguments, "timeout").or(second)?;
                Some((SettingManner::Connect, value))
            }
            _ if callee.ends_with("create_engine") || callee.ends_with("create_async_engine") => {
                let given = keyword(source, arguments, "connect_args")?;
                let pair = children(given)
                    .into_iter()
                    .find(|pair| key_of(source, *pair).as_deref() == Some("timeout"))?;
                Some((SettingManner::ConnectArgs, pair.child_by_field_name("value")?))
            }
            _ => None,
        }
    };
    told()
        .map(|(manner, value)| {
            (
                SqliteOption::BusyTimeout,
                manner,
                Some(source.text(value).to_owned()),
                value,
            )
        })
        .into_iter()
        .collect()
}

/// `"timeout"` within `"OPTIONS"`.
fn by_django_options<'t>(source: &Source, pair: Node<'t>) -> Vec<Told<'t>> {
    let told = || {
        if key_of(source, pair)? != "timeout" {
            return None;
        }
        let options = pair.parent()?.parent()?;
        let value = pair.child_by_field_name("value")?;
        (key_of(source, options)? == "OPTIONS").then(|| {
            let text = source.text(value).to_owned();
            (
                SqliteOption::BusyTimeout,
                SettingManner::DjangoOptions,
                Some(text),
                value,
            )
        })
    };
    told().into_iter().collect()
}

fn key_of(source: &Source, pair: Node<'_>) -> Option<String> {
    if pair.kind() != "pair" {
        return None;
    }
    source.string(pair.child_by_field_name("key")?)
}
