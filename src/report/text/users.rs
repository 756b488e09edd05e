//! What users see: each source of traffic and what it asks for, at 1x and at the load asked for.

use super::page::{Ink, Page};
use crate::report::words::{factor, ms_brief, ms_estimate, number, share, share_estimate};
use crate::report::{Estimate, Report, Run, SloVerdict, Tally};

pub(super) fn users(report: &Report, page: &mut Page) {
    let Some(asked) = report.asked_run() else { return };
    let runs = report.side_by_side();
    let wide = page.width() >= 110;
    page.heading("What users see", "asked and answered per second, ± 95% interval");
    let mut header = vec!["<", "", "asked", "good", "success", "p50", "p95", "p99", "<SLOs"];
    if runs.len() == 1 {
        header.remove(1);
    }
    let mut rows = Vec::new();
    for (source, traffic) in &asked.traffic {
        let alone = traffic.endpoints.len() == 1;
        if !alone {
            block(&mut rows, &runs, source, wide, |run| run.traffic.get(source).map(|t| (&t.total, slos(run, source))));
        }
        for endpoint in traffic.endpoints.keys() {
            let name = if asked.traffic.len() > 1 && alone { format!("{source} {endpoint}") } else { endpoint.clone() };
            block(&mut rows, &runs, &name, wide, |run| {
                run.traffic.get(source)?.endpoints.get(endpoint).map(|t| (t, slos(run, endpoint)))
            });
        }
    }
    page.table(&header, rows);
}

/// The lines of one endpoint: one for each run, the name on the first.
fn block<'a>(
    rows: &mut Vec<Vec<String>>,
    runs: &[&'a Run],
    name: &str,
    wide: bool,
    of: impl Fn(&'a Run) -> Option<(&'a Tally, String)>,
) {
    for (i, run) in runs.iter().enumerate() {
        let Some((tally, slos)) = of(run) else { continue };
        let time = |e: &Option<Estimate>, interval: bool| match e {
            Some(e) if interval => ms_estimate(e),
            Some(e) => ms_brief(e.mean),
            None => "-".into(),
        };
        let success = tally
            .success_rate
            .as_ref()
            .map_or("-".into(), |e| if wide || e.mean < 1.0 { share_estimate(e) } else { share(e.mean) });
        let mut row = vec![if i == 0 { name.to_string() } else { String::new() }];
        if runs.len() > 1 {
            row.push(Ink::Dim.on(factor(run.load)));
        }
        row.extend([
            number(tally.rate_per_s),
            number(tally.goodput_per_s),
            success,
            time(&tally.p50_ms, wide),
            time(&tally.p95_ms, wide),
            time(&tally.p99_ms, true),
            slos,
        ]);
        rows.push(row);
    }
}

/// `met`, `miss`, `?` (too close to call), or nothing when no SLO is about it.
fn slos(run: &Run, subject: &str) -> String {
    let verdicts: Vec<SloVerdict> =
        run.slos.iter().filter(|s| s.subject.as_deref() == Some(subject)).map(|s| s.verdict).collect();
    if verdicts.is_empty() {
        String::new()
    } else if verdicts.contains(&SloVerdict::Missed) {
        Ink::Bad.on("miss")
    } else if verdicts.contains(&SloVerdict::Unclear) {
        Ink::Warn.on("?")
    } else {
        Ink::Good.on("met")
    }
}
