//! Where the time of a request goes, when everything is asked for.

use super::page::Page;
use crate::report::Report;
use crate::report::words::{factor, ms};

pub(super) fn time(report: &Report, page: &mut Page) {
    if !page.verbose {
        return;
    }
    for (traced, time) in report.traces.iter().filter_map(|traced| Some((traced, traced.time.as_ref()?))) {
        let [typical, late] = time.latency_ms.map(ms);
        let [near, far] = time.requests;
        let title = format!("Where the time of {} goes at {}", time.endpoint, factor(traced.load));
        let about = format!("p50 {typical}, {near} requests near it; p99 {late}, {far} near it");
        page.heading(&title, &about);
        let spent = |time: f64| if time < 0.0005 { "-".into() } else { ms(time) };
        let rows = time.rows.iter().map(|row| {
            let both = row.working_ms.iter().zip(&row.waiting_ms).flat_map(|(work, wait)| [spent(*work), spent(*wait)]);
            [row.place.clone()].into_iter().chain(both).collect()
        });
        page.table(&["<", "p50 working", "waiting", "p99 working", "waiting"], rows.collect());
    }
}
