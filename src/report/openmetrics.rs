//! What was measured as OpenMetrics text, for dashboards that a real system's figures stand on, too.
//!
//! Everything is a gauge, since a simulation has ended: so both readers of the format, Prometheus' own and the standard's,
//! take it alike. A figure that was not measured has no line.

use super::{Report, Severity, SloVerdict};
use std::fmt::Write as _;

/// A family of metrics, with its samples: labels and value.
struct Family {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// The text, ended as the format asks.
pub fn openmetrics(report: &Report) -> String {
    let mut out = String::new();
    for family in traffic(report).into_iter().chain(resources(report)).chain(judged(report)) {
        if family.samples.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(out, "# HELP {} {}", family.name, family.help);
        let _ = writeln!(out, "# TYPE {} gauge", family.name);
        for (labels, value) in family.samples.into_iter().filter(|(_, value)| value.is_finite()) {
            let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
            let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(out, "{}{braces} {value}", family.name);
        }
    }
    out.push_str("# EOF\n");
    out
}

fn traffic(report: &Report) -> [Family; 4] {
    let family = |name, help| Family { name, help, samples: Vec::new() };
    let mut rate = family("tenfold_requests_per_second", "Requests of users that came, per second.");
    let mut good = family("tenfold_goodput_per_second", "Requests of users that were answered, per second.");
    let mut success = family("tenfold_success_ratio", "Share of the requests of users that were answered.");
    let mut latency = family("tenfold_latency_seconds", "Time to an answer, of answered requests, by percentile.");
    for run in &report.runs {
        for (endpoint, tally) in run.traffic.values().flat_map(|t| &t.endpoints) {
            let labels = || vec![("run", run.name.clone()), ("endpoint", endpoint.clone())];
            rate.samples.push((labels(), tally.rate_per_s));
            good.samples.push((labels(), tally.goodput_per_s));
            success.samples.extend(tally.success_rate.map(|e| (labels(), e.mean)));
            for (word, value) in [("p50", tally.p50_ms), ("p95", tally.p95_ms), ("p99", tally.p99_ms)] {
                let with = || labels().into_iter().chain([("percentile", word.to_string())]).collect();
                latency.samples.extend(value.map(|e| (with(), e.mean / 1e3)));
            }
        }
    }
    [rate, good, success, latency]
}

fn resources(report: &Report) -> [Family; 2] {
    let of = |name, help, value: fn(&super::Resource) -> f64| {
        let all = report.runs.iter().flat_map(|run| run.resources.iter().map(move |(name, r)| (run, name, r)));
        let sample = |(run, name, r): (&super::Run, &String, &super::Resource)| {
            (vec![("run", run.name.clone()), ("resource", name.clone())], value(r))
        };
        Family { name, help, samples: all.map(sample).collect() }
    };
    [
        of("tenfold_utilization_ratio", "Share of a resource in use, mean over time.", |r| r.utilization),
        of("tenfold_queue_length", "Waiting for a resource, mean over time.", |r| r.queue_mean),
    ]
}

fn judged(report: &Report) -> [Family; 4] {
    let slos = report.runs.iter().flat_map(|run| run.slos.iter().map(move |slo| (run, slo)));
    let slos = slos.filter(|(_, slo)| slo.verdict != SloVerdict::Unclear).map(|(run, slo)| {
        let met = if slo.verdict == SloVerdict::Met { 1.0 } else { 0.0 };
        (vec![("run", run.name.clone()), ("slo", slo.text.clone())], met)
    });
    let capacity = report.capacity.iter().map(|c| (Vec::new(), c.load));
    let blast = report
        .failures
        .iter()
        .flatten()
        .filter_map(|f| f.blast_radius.map(|share| (vec![("fault", f.fault.flag.clone())], share.mean)));
    let findings = report.findings.iter().flat_map(|all| {
        [Severity::P0, Severity::P1, Severity::P2].map(|severity| {
            let n = all.iter().filter(|f| f.severity == severity).count();
            (vec![("severity", severity.word().to_string())], n as f64)
        })
    });
    let family = |name, help, samples| Family { name, help, samples };
    [
        family("tenfold_slo_met", "1 where an SLO holds, 0 where it is missed.", slos.collect()),
        family(
            "tenfold_capacity_load_ratio",
            "The highest load that is borne, as a multiple of today's.",
            capacity.collect(),
        ),
        family("tenfold_blast_radius_ratio", "Share of requests lost to a fault without need.", blast.collect()),
        family("tenfold_findings", "Findings, by severity.", findings.collect()),
    ]
}

/// A label's value: quotes, backslashes and line ends as the format writes them, no other control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use std::collections::BTreeSet;

    /// The rules of OpenMetrics 1.0 that concern gauges: each family once, HELP and TYPE before its samples, names of
    /// letters, digits and `_`, no sample twice, numbers, and `# EOF` as the last line.
    #[test]
    fn the_text_keeps_the_rules_of_the_format() {
        let mut report = fixture::review();
        report.runs[0].name = "a \"quoted\\\" run\nwith two lines".into();
        let text = openmetrics(&report);
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
        let (mut family, mut families, mut samples) = ("", BTreeSet::new(), BTreeSet::new());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line == "# EOF" {
                assert_eq!(lines.next(), None);
            } else if let Some(help) = line.strip_prefix("# HELP ") {
                family = help.split(' ').next().unwrap();
                assert!(families.insert(family), "{family} twice");
                assert_eq!(lines.next(), Some(format!("# TYPE {family} gauge").as_str()));
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
                let name = series.split('{').next().unwrap();
                assert_eq!(name, family, "{line}");
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{line}");
                assert!(samples.insert(series), "{line} twice");
            }
        }
        assert!(families.len() >= 8, "{families:?}");
        assert!(text.contains("run=\"a \\\"quoted\\\\\\\" run\\nwith two lines\""), "{text}");
    }
}
