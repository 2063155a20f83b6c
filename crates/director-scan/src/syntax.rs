//! Syntax trees of Python source, and the few questions that everyone asks of their nodes.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Tree, TreeCursor};

use crate::place::{Place, Skipped};

/// Ends the reading of a file that was made to keep the parser busy.
const MAX_PARSE: Duration = Duration::from_secs(5);

/// A file that could be read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) tree: Tree,
}

impl Source {
    /// Parses `text`; a file that is mostly no Python is refused.
    pub(crate) fn parse(file: &Path, text: String) -> Result<Self, Skipped> {
        let skip = |reason: &str| Skipped {
            file: file.to_owned(),
            reason: reason.to_owned(),
        };
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_python::LANGUAGE.into())
            .map_err(|_| skip("cannot be parsed: the grammar does not fit the parser"))?;
        let begun = Instant::now();
        let mut watch = |_: &tree_sitter::ParseState| {
            if begun.elapsed() > MAX_PARSE {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let bytes = text.as_bytes();
        let tree = parser.parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            None,
            Some(ParseOptions::new().progress_callback(&mut watch)),
        );
        let tree = tree.ok_or_else(|| skip("takes too long to parse"))?;
        if is_no_python(&tree) {
            return Err(skip("is no Python"));
        }
        Ok(Self { text, tree })
    }

    pub(crate) fn text(&self, node: Node<'_>) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(crate) fn place(&self, file: &Path, node: Node<'_>) -> Place {
        let start = node.start_position();
        let line_start = node.start_byte().saturating_sub(start.column);
        let before = self.text.get(line_start..node.start_byte());
        Place {
            file: file.to_owned(),
            line: start.row + 1,
            column: before.map_or(start.column, |before| before.chars().count()) + 1,
        }
    }

    /// The value of a string literal without interpolation, also of several that stand side by side.
    pub(crate) fn string(&self, node: Node<'_>) -> Option<String> {
        match node.kind() {
            "concatenated_string" => children(node)
                .into_iter()
                .map(|part| self.string(part))
                .collect::<Option<String>>(),
            "string" => {
                let parts = children(node);
                if parts.iter().any(|part| part.kind() == "interpolation") {
                    return None;
                }
                let content = parts.iter().filter(|part| part.kind() == "string_content");
                Some(content.map(|part| self.text(*part)).collect())
            }
            _ => None,
        }
    }

    /// `a.b.c` as written; nothing when a link is no plain name.
    pub(crate) fn dotted(&self, node: Node<'_>) -> Option<String> {
        let mut parts = Vec::new();
        let mut here = node;
        loop {
            match here.kind() {
                "identifier" => {
                    parts.push(self.text(here));
                    parts.reverse();
                    return Some(parts.join("."));
                }
                "attribute" => {
                    parts.push(self.text(here.child_by_field_name("attribute")?));
                    here = here.child_by_field_name("object")?;
                }
                _ => return None,
            }
        }
    }
}

/// Whether what the parser could not understand covers half of the file.
fn is_no_python(tree: &Tree) -> bool {
    let root = tree.root_node();
    if root.kind() == "ERROR" {
        return true;
    }
    let wrong: usize = children(root)
        .iter()
        .filter(|child| child.is_error())
        .map(|child| child.byte_range().len())
        .sum();
    wrong * 2 > root.byte_range().len().max(1)
}

/// Named children without comments.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect()
}

/// Named children in a field that may occur more than once.
pub(crate) fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor)
        .filter(Node::is_named)
        .collect()
}

/// The value of `name=…` in the arguments of a call.
pub(crate) fn keyword<'t>(source: &Source, arguments: Node<'t>, name: &str) -> Option<Node<'t>> {
    children(arguments)
        .into_iter()
        .filter(|argument| argument.kind() == "keyword_argument")
        .find(|argument| {
            argument
                .child_by_field_name("name")
                .is_some_and(|word| source.text(word) == name)
        })?
        .child_by_field_name("value")
}

/// Calls `visit` for every named node, outer ones first, without recursion. Where it answers false, it does not go inside.
pub(crate) fn walk<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>) -> bool) {
    let mut cursor: TreeCursor<'t> = root.walk();
    loop {
        let inside = !cursor.node().is_named() || visit(cursor.node());
        if inside && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node() == root {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
