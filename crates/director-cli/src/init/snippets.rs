//! What an application should set on each connection of its database: nobody can set it from outside.

use director_scan::project::Framework;

/// As text for a person to put into the source.
pub(crate) fn snippet(framework: Option<Framework>) -> &'static str {
    match framework {
        Some(Framework::FastApi | Framework::Flask) => include_str!("templates/sqlite_sqlalchemy.py"),
        Some(Framework::Django) => include_str!("templates/sqlite_django.py"),
        Some(Framework::Node | Framework::DotNet | Framework::Script | Framework::Program) | None => {
            include_str!("templates/sqlite_plain.txt")
        }
    }
}
