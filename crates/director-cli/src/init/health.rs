//! A health endpoint for the three Python frameworks, as a file of its own: what exists is never edited.

use std::path::PathBuf;

use director_scan::project::{Candidate, Framework};

const FASTAPI: &str = include_str!("templates/health_fastapi.py");
const FLASK: &str = include_str!("templates/health_flask.py");
const DJANGO: &str = include_str!("templates/health_django.py");
/// Reads the database file; the same for FastAPI and Flask.
const DATABASE: &str = include_str!("templates/health_database.py");

/// The module's name: unmistakable, so that it hides nothing of the application.
const MODULE: &str = "director_health";

/// A file, and how the application includes it.
#[derive(Clone, Debug)]
pub(crate) struct HealthFile {
    /// Below the folder.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Where the lines belong.
    pub(crate) where_to: String,
    /// Two lines of Python.
    pub(crate) lines: [String; 2],
}

/// None for a framework that it is not written for.
pub(crate) fn health_file(candidate: &Candidate, name: &str) -> Option<HealthFile> {
    let (folder, package) = candidate.place.as_ref()?;
    let module = if package.is_empty() {
        MODULE.to_owned()
    } else {
        format!("{package}.{MODULE}")
    };
    let object = candidate
        .target
        .as_deref()
        .and_then(|target| target.split_once(':'))
        .map_or("app", |(_, name)| name);
    let (template, lines) = match candidate.framework {
        Framework::FastApi => (
            FASTAPI.replace("# DATABASE_STATE", DATABASE.trim_end()),
            [
                format!("from {module} import router as health_router"),
                format!("{object}.include_router(health_router)"),
            ],
        ),
        Framework::Flask => (
            FLASK.replace("# DATABASE_STATE", DATABASE.trim_end()),
            [
                format!("from {module} import health_blueprint"),
                format!("{object}.register_blueprint(health_blueprint)"),
            ],
        ),
        Framework::Django => (
            DJANGO.to_owned(),
            [
                format!("from {module} import health"),
                "path(\"health\", health),".to_owned(),
            ],
        ),
        Framework::Node | Framework::DotNet | Framework::Script | Framework::Program => return None,
    };
    let where_to = match candidate.framework {
        Framework::Django => "into urls.py of the project, the second one into `urlpatterns`".to_owned(),
        Framework::FastApi
        | Framework::Flask
        | Framework::Node
        | Framework::DotNet
        | Framework::Script
        | Framework::Program => {
            format!(
                "into {}, below the place where `{object}` is made",
                candidate.seen.file
            )
        }
    };
    let mut path = PathBuf::from(folder);
    path.push(format!("{MODULE}.py"));
    Some(HealthFile {
        path,
        text: template
            .replace("\"APPLICATION\"", &python_text(name))
            .replace("\"DATABASE_FILE\"", &database(candidate, folder)),
        where_to,
        lines,
    })
}

/// The expression that names the database's file, wherever the application is installed.
fn database(candidate: &Candidate, folder: &str) -> String {
    let Some(file) = &candidate.database else {
        return "None".to_owned();
    };
    let absolute = file.starts_with('/') || file.as_bytes().get(1) == Some(&b':');
    if absolute {
        return format!("Path({})", python_text(file));
    }
    let above = folder.split('/').filter(|part| !part.is_empty()).count();
    format!(
        "Path(__file__).resolve().parents[{above}] / {}",
        python_text(file)
    )
}

/// JSON's texts are Python's too.
fn python_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
