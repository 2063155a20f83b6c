//! The page of each code, as docs/doctor has it.

macro_rules! pages {
    ($($code:literal)*) => {
        &[$(($code, include_str!(concat!("../../../../docs/doctor/", $code, ".md")))),*]
    };
}

const PAGES: &[(&str, &str)] = pages! {
    "SD001" "SD002" "SD003" "SD004" "SD005" "SD006"
    "SD010" "SD011" "SD012" "SD013"
    "SD020" "SD021" "SD022" "SD023" "SD024" "SD025" "SD026" "SD027"
    "SD030" "SD031"
    "SD040" "SD041" "SD042" "SD043"
    "SD050" "SD051"
    "SD060" "SD061" "SD062" "SD063" "SD064" "SD065" "SD066" "SD067"
    "SD070" "SD071" "SD072"
    "SD080"
};

/// The page of a code, in any case.
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    let found = PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    found.map(|(_, text)| *text)
}

/// The index of all pages, as docs/doctor/README.md has it.
#[must_use]
pub fn index() -> String {
    let mut text = String::from(
        "# The checks of `director doctor`\n\n\
         `director doctor CODE` prints a page. The severity is that of the usual case; a line of the report may be milder or graver.\n\n\
         | code | what is checked | severity | looks at |\n| --- | --- | --- | --- |\n",
    );
    for check in super::ALL {
        let severity = match check.severity {
            super::Severity::Note => "note",
            super::Severity::Warning => "warning",
            super::Severity::Error => "error",
        };
        text.push_str(&format!(
            "| [{0}]({0}.md) | {1} | {severity} | {2} |\n",
            check.code,
            check.title,
            check.needs.words()
        ));
    }
    text
}
