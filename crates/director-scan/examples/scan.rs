//! Prints what the scan of a Django project finds: `scan FOLDER [COMMAND…]`.

use std::path::Path;

use director_scan::django::scan_for;

fn main() {
    let mut words = std::env::args().skip(1);
    let root = words.next().unwrap_or_else(|| ".".to_owned());
    let command: Vec<String> = words.collect();
    let report = scan_for(Path::new(&root), &command);
    for finding in &report.findings {
        println!(
            "{} {}\n    {}\n    {}",
            finding.place, finding.rule, finding.code, finding.reason
        );
        for step in &finding.chain {
            println!("    {} {}", step.place, step.text);
        }
    }
    for skipped in &report.skipped {
        println!("{skipped}");
    }
    println!(
        "{} findings in {} files, {} configurations, {}",
        report.findings.len(),
        report.files,
        report.configs.len(),
        if report.complete { "complete" } else { "cut off" }
    );
}
