//! `requires`, `after` and `restart_with` as they are written.

use std::ops::Range;

use director_core::spec::{Condition, ServiceName};

use super::service::alone;
use super::{Item, Reader};
use crate::codes::Code;
use crate::keys::Shape;

const SHAPE: Shape = Shape::Dependencies { most: 64 };

/// One entry of `requires` or `after`.
pub(crate) struct Wish {
    /// Whose.
    pub(crate) of: ServiceName,
    /// Whether it is of `requires`.
    pub(crate) required: bool,
    /// The other service.
    pub(crate) service: String,
    /// As written; none: by the other service's kind.
    pub(crate) condition: Option<Condition>,
    pub(crate) key: String,
    pub(crate) span: Range<usize>,
}

/// Reads `requires` and `after` into the list that is resolved later, and `restart_with`.
pub(super) fn read_dependencies(own: &Reader<'_>, name: &ServiceName) -> bool {
    for (key, required) in [("requires", true), ("after", false)] {
        let Some(item) = own.item(key) else { continue };
        if item.value.as_array().is_some_and(|array| array.is_empty()) {
            continue;
        }
        let most = 64;
        // What is right counts although another entry is wrong: it may be wrong in another way, which is told as well.
        own.ctx.each(&item, most, |ctx, entry| {
            let text = ctx.filled_text(entry)?;
            match parse(&text, entry, name, required) {
                Some(wish) => ctx.wishes.borrow_mut().push(wish),
                None => {
                    ctx.error(ctx.bad(
                        Code::BadDependency,
                        entry,
                        "names no service and condition",
                        SHAPE,
                    ));
                }
            }
            Some(())
        });
    }
    let requires = own
        .item("requires")
        .is_some_and(|item| item.value.as_array().is_none_or(|array| !array.is_empty()));
    let restart_with = own.flag("restart_with").unwrap_or(false);
    if restart_with {
        alone(own, "restart_with", "requires", requires);
    }
    restart_with
}

fn parse(text: &str, entry: &Item<'_>, of: &ServiceName, required: bool) -> Option<Wish> {
    let (service, condition) = match text.split_once(':') {
        None => (text, None),
        Some((service, condition)) => {
            let condition = match condition {
                "started" => Condition::Started,
                "healthy" => Condition::Healthy,
                "completed" => Condition::Completed,
                _ => return None,
            };
            (service, Some(condition))
        }
    };
    if service.is_empty() {
        return None;
    }
    Some(Wish {
        of: of.clone(),
        required,
        service: service.to_owned(),
        condition,
        key: entry.key.clone(),
        span: entry.span.clone(),
    })
}
