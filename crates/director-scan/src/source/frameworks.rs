//! Which web frameworks a file uses.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::{Framework, FrameworkUse, Parsed, is_test};
use crate::syntax::{children, fields, walk};

/// One entry for each framework in the file; the construction of the application wins over its import.
pub(super) fn find(parsed: Parsed<'_>) -> Vec<FrameworkUse> {
    let mut found: BTreeMap<Framework, FrameworkUse> = BTreeMap::new();
    if is_test(parsed.file) {
        return Vec::new();
    }
    walk(parsed.source.tree.root_node(), |node| {
        if let Some((framework, application)) = seen(parsed, node) {
            let known = found.get(&framework);
            let better = known.is_none_or(|known| known.application.is_none() && application.is_some());
            if better {
                let place = parsed.source.place(parsed.file, node);
                found.insert(
                    framework,
                    FrameworkUse {
                        framework,
                        place,
                        application,
                    },
                );
            }
        }
        true
    });
    found.into_values().collect()
}

fn seen(parsed: Parsed<'_>, node: Node<'_>) -> Option<(Framework, Option<String>)> {
    let source = parsed.source;
    match node.kind() {
        "import_statement" => fields(node, "name")
            .into_iter()
            .find_map(|name| by_module(source.text(name)))
            .map(|framework| (framework, None)),
        "import_from_statement" => {
            let module = node.child_by_field_name("module_name")?;
            Some((by_module(source.text(module))?, None))
        }
        "assignment" => {
            let call = node
                .child_by_field_name("right")
                .filter(|right| right.kind() == "call")?;
            let callee = source.dotted(call.child_by_field_name("function")?)?;
            let framework = by_constructor(callee.rsplit('.').next().unwrap_or(&callee))?;
            let left = node
                .child_by_field_name("left")
                .filter(|left| left.kind() == "identifier")?;
            Some((framework, Some(source.text(left).to_owned())))
        }
        // `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` stands in manage.py, wsgi.py and asgi.py.
        "argument_list" => {
            let first = children(node).into_iter().next()?;
            (source.string(first)? == "DJANGO_SETTINGS_MODULE").then_some((Framework::Django, None))
        }
        _ => None,
    }
}

fn by_module(module: &str) -> Option<Framework> {
    match module.split(['.', ' ']).next().unwrap_or_default() {
        "fastapi" | "starlette" => Some(Framework::FastApi),
        "flask" | "quart" => Some(Framework::Flask),
        "django" => Some(Framework::Django),
        _ => None,
    }
}

fn by_constructor(name: &str) -> Option<Framework> {
    match name {
        "FastAPI" | "Starlette" => Some(Framework::FastApi),
        "Flask" | "Quart" => Some(Framework::Flask),
        "get_wsgi_application" | "get_asgi_application" => Some(Framework::Django),
        _ => None,
    }
}
