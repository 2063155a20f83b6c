//! The malformed configurations. A `⟦` stands before each place where a diagnostic is expected.

mod instances;
mod meanings;
mod schedules;
mod shapes;

/// One of them.
pub(crate) struct Case {
    /// The name of its snapshot.
    pub(crate) name: &'static str,
    /// Whether it is for Windows.
    pub(crate) windows: bool,
    /// Its text, with marks.
    pub(crate) text: &'static str,
    /// The codes of its diagnostics, in their order.
    pub(crate) codes: &'static [&'static str],
}

const fn linux(name: &'static str, text: &'static str, codes: &'static [&'static str]) -> Case {
    Case {
        name,
        windows: false,
        text,
        codes,
    }
}

const fn windows(name: &'static str, text: &'static str, codes: &'static [&'static str]) -> Case {
    Case {
        name,
        windows: true,
        text,
        codes,
    }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    shapes::CASES
        .iter()
        .chain(meanings::CASES)
        .chain(instances::CASES)
        .chain(schedules::CASES)
}
