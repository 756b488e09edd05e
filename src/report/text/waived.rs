//! Findings that are accepted, each with its reason, and waivers that waive nothing.

use super::page::{Ink, Page};
use crate::report::{Place, Report};

pub(super) fn waived(report: &Report, page: &mut Page) {
    if report.waived.is_empty() && report.stale_waivers.is_empty() {
        return;
    }
    page.heading("Waived", if report.waived.is_empty() { "" } else { "these findings fail no gate" });
    for waived in &report.waived {
        let (finding, by) = (&waived.finding, waived.place.as_ref().map_or("the baseline".into(), written));
        let head = format!("{} {} on {}", finding.severity.word(), finding.code, finding.subject);
        page.wrapped(2, 5, &format!("{}: {} ({by})", Ink::Dim.on(head), waived.why()));
    }
    for stale in &report.stale_waivers {
        let place = stale.place.as_ref().map(|p| format!(" ({})", written(p))).unwrap_or_default();
        page.wrapped(2, 5, &format!("{}{place}", Ink::Warn.on(stale.title())));
    }
}

fn written(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}
