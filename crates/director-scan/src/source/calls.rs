//! What a piece of code asks of a database, judged by its calls alone.

use tree_sitter::Node;

use super::DatabaseCheck;
use crate::syntax::{Source, children, walk};

/// What one node asks.
pub(super) fn judge(source: &Source, node: Node<'_>) -> DatabaseCheck {
    match node.kind() {
        "call" => judge_call(source, node),
        "attribute" => {
            let name = node
                .child_by_field_name("attribute")
                .map(|name| source.text(name));
            if name == Some("objects") {
                DatabaseCheck::Query
            } else {
                DatabaseCheck::None
            }
        }
        _ => DatabaseCheck::None,
    }
}

fn judge_call(source: &Source, call: Node<'_>) -> DatabaseCheck {
    let method = call
        .child_by_field_name("function")
        .filter(|function| function.kind() == "attribute")
        .and_then(|function| function.child_by_field_name("attribute"))
        .map(|name| source.text(name));
    let arguments = call.child_by_field_name("arguments");
    match (method, arguments) {
        (
            Some(
                "execute" | "exec" | "exec_driver_sql" | "scalar" | "scalars" | "fetch" | "fetchval"
                | "fetchrow" | "fetch_one" | "fetch_all",
            ),
            Some(arguments),
        ) => judge_statement(source, arguments),
        (Some("query"), Some(_)) => DatabaseCheck::Query,
        (Some("cursor" | "ensure_connection" | "is_usable"), Some(_)) => DatabaseCheck::WithoutTable,
        _ => DatabaseCheck::None,
    }
}

/// By the text of the statement, wherever it stands in the arguments. A call without arguments only fetches.
fn judge_statement(source: &Source, arguments: Node<'_>) -> DatabaseCheck {
    if children(arguments).is_empty() {
        return DatabaseCheck::None;
    }
    let mut statement = None;
    walk(arguments, |node| {
        if statement.is_none() {
            statement = source.string(node);
        }
        statement.is_none()
    });
    match statement {
        Some(text) if reads_no_table(&text) => DatabaseCheck::WithoutTable,
        Some(_) => DatabaseCheck::Query,
        None if source.text(arguments).replace(' ', "").contains("select(1)") => DatabaseCheck::WithoutTable,
        None => DatabaseCheck::Query,
    }
}

/// `SELECT 1` and its relatives. `PRAGMA` reads the file (`schema_version`) or is none of this.
fn reads_no_table(statement: &str) -> bool {
    let lower = statement.trim().to_ascii_lowercase();
    lower.starts_with("select") && !lower.split_ascii_whitespace().any(|word| word == "from")
}
