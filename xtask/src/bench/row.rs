//! The table: what was measured, against what, and whether the bar is met.

/// Repeated measurements of one thing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) median: f64,
    /// The 10th percentile, which is the minimum of few.
    pub(super) low: f64,
    /// The 90th percentile, which is the maximum of few.
    pub(super) high: f64,
    pub(super) count: usize,
}

impl Sample {
    /// From at least one value; nothing measured is not a number and meets no bar.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let last = values.len().saturating_sub(1);
            values
                .get((last * percent + 50) / 100)
                .copied()
                .unwrap_or(f64::NAN)
        };
        Self {
            median: at(50),
            low: at(10),
            high: at(90),
            count: values.len(),
        }
    }

    /// One value.
    pub(super) fn one(value: f64) -> Self {
        Self::of(vec![value])
    }
}

/// What the bars demand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bar {
    /// measured / reference
    RatioAtMost(f64),
    /// measured / reference
    RatioAtLeast(f64),
    /// The measured value itself.
    AtMost(f64),
    /// A peer or a reference, shown for comparison.
    None,
}

/// One line of the table.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) who: &'static str,
    pub(super) unit: &'static str,
    pub(super) measured: Sample,
    /// Name and median of what it is compared with.
    pub(super) reference: Option<(&'static str, f64)>,
    pub(super) bar: Bar,
}

impl Row {
    /// Without reference and bar.
    pub(super) fn new(
        what: impl Into<String>,
        who: &'static str,
        unit: &'static str,
        measured: Sample,
    ) -> Self {
        Self {
            what: what.into(),
            who,
            unit,
            measured,
            reference: None,
            bar: Bar::None,
        }
    }

    pub(super) fn against(mut self, name: &'static str, reference: &Sample) -> Self {
        self.reference = Some((name, reference.median));
        self
    }

    pub(super) fn bar(mut self, bar: Bar) -> Self {
        self.bar = bar;
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.map(|(_, value)| self.measured.median / value)
    }

    /// A comparison that is no number is not met.
    pub(super) fn is_met(&self) -> bool {
        match self.bar {
            Bar::RatioAtMost(most) => self.ratio().is_some_and(|ratio| ratio <= most),
            Bar::RatioAtLeast(least) => self.ratio().is_some_and(|ratio| ratio >= least),
            Bar::AtMost(most) => self.measured.median <= most,
            Bar::None => true,
        }
    }
}

/// Prints all lines.
pub(super) fn print(rows: &[Row]) {
    println!(
        "\n{:<38} {:<12} {:>10} {:>21} {:>5}  {:<22} {:>6}  {:<9} verdict",
        "what", "who", "median", "spread (p10 - p90)", "n", "reference", "ratio", "bar"
    );
    for row in rows {
        let Sample {
            median,
            low,
            high,
            count,
        } = &row.measured;
        let reference = row
            .reference
            .map_or(String::new(), |(name, value)| format!("{name} {value:.2}"));
        let ratio = row.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let bar = match row.bar {
            Bar::RatioAtMost(most) => format!("<= {most} x"),
            Bar::RatioAtLeast(least) => format!(">= {least} x"),
            Bar::AtMost(most) => format!("<= {most}"),
            Bar::None => String::new(),
        };
        let verdict = match row.bar {
            Bar::None => "",
            _ if row.is_met() => "met",
            _ => "MISSED",
        };
        let what = format!("{} [{}]", row.what, row.unit);
        let spread = format!("{low:.2} - {high:.2}");
        println!(
            "{what:<38} {:<12} {median:>10.2} {spread:>21} {count:>5}  {reference:<22} {ratio:>6}  {bar:<9} {verdict}",
            row.who
        );
    }
}
