//! A developer's edits: a template, a broken source, a mended one.

use crate::common::{assert_says, of_kind, quoted, run_number, text};

use super::{fastapi, python};

#[test]
fn an_edited_template_is_one_graceful_restart_and_a_syntax_error_no_outage() {
    let watch = format!(
        "watch = {{ enabled = true, debounce = \"300ms\", validate = [{}, \"-m\", \"py_compile\", \"hub.py\"] }}",
        quoted(&python())
    );
    let app = fastapi("fastapi-edits", &watch);
    app.site.sandbox.write("templates/page.html", "one");
    let source = app.site.sandbox.read("hub.py");
    let director = app.site.start();
    app.until_healthy();

    let slow = app.ask("/test/slow");
    app.until_file("slow-began");
    app.site.sandbox.write("templates/page.html", "two");
    app.site.sandbox.write("templates/page.html", "three");
    let second = app.until_healthy_after(1);
    assert_eq!((run_number(&second), &second["restart_count"]), (2, &0.into()));
    let (status, body) = slow
        .join()
        .expect("the request's thread")
        .expect("the request was cut off");
    assert_eq!((status, body.as_str()), (200, r#"{"slow":"finished"}"#));
    let events = app.site.events("web");
    assert_eq!(of_kind(&events, "files-changed").len(), 1, "{events:?}");
    assert!(of_kind(&events, "tree-killed").is_empty(), "{events:?}");

    app.site
        .sandbox
        .write("hub.py", format!("{source}\ndef broken(:\n"));
    let refused = app.site.until_event("web", "change-refused");
    assert_says(text(&refused, "error"), &["SyntaxError"]);
    assert_eq!(app.get("/health").0, 200);
    assert_eq!(run_number(&app.site.status("web")), 2);

    app.site.sandbox.write("hub.py", source.replace("2.0", "2.1"));
    let third = app.until_healthy_after(2);
    assert_eq!(
        (run_number(&third), text(&third["answer"], "version")),
        (3, "2.1")
    );
    director.shut_down();
}
