//! Series as CSV, one number a line, for spreadsheets and notebooks.

use super::Report;
use std::fmt::Display;

/// The load curve, how long answers took, and the courses of failures: what, of what, at which load or time, which measure,
/// how much. Of answers, the time is how long they took at most. What was not measured has no line.
pub fn series(report: &Report) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut row = |cells: [&str; 6]| {
        // Writing to memory cannot fail.
        let _ = table.write_record(cells);
    };
    row(["series", "subject", "load", "at_s", "measure", "value"]);
    let Some(pictures) = &report.pictures else { return String::new() };
    let text = |x: &dyn Display| x.to_string();
    for point in &pictures.curve {
        let load = text(&point.load);
        row(["load", "", &load, "", "rate_per_s", &text(&point.rate_per_s)]);
        row(["load", "", &load, "", "goodput_per_s", &text(&point.goodput_per_s)]);
        for ((name, success), p99) in pictures.endpoints.iter().zip(&point.success).zip(&point.p99_ms) {
            row(["load", name, &load, "", "success_rate", &text(success)]);
            if let Some(p99) = p99 {
                row(["load", name, &load, "", "p99_ms", &text(p99)]);
            }
        }
    }
    for taken in &pictures.latencies {
        for (up_to, answers) in &taken.steps {
            row(["latency", &taken.endpoint, &text(&taken.load), &text(up_to), "answers", &text(answers)]);
        }
    }
    for course in &pictures.courses {
        let (fault, load) = (course.fault.flag.as_str(), text(&course.load));
        for window in &course.windows {
            let at = text(&window.at_s);
            let all = [
                ("rate_per_s", Some(window.rate_per_s)),
                ("goodput_per_s", Some(window.goodput_per_s)),
                ("failed_per_s", Some(window.failed_per_s)),
                ("p50_ms", window.p50_ms),
                ("p99_ms", window.p99_ms),
            ];
            for (measure, value) in all.iter().filter_map(|(m, v)| v.map(|v| (m, v))) {
                row([fault, "", &load, &at, measure, &text(&value)]);
            }
            for (name, p99) in pictures.endpoints.iter().zip(&window.endpoints_p99_ms) {
                if let Some(p99) = p99 {
                    row([fault, name, &load, &at, "p99_ms", &text(p99)]);
                }
            }
        }
    }
    let bytes = table.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
