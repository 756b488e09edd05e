//! What is busy: utilisation at 1x and at the load asked for, what arithmetic expects, and who waits.

use super::page::{Ink, Page};
use crate::report::words::{count, factor, ms, number, share};
use crate::report::{Report, Resource, Run};

/// Busier than this is worth a warning.
const BUSY: f64 = 0.8;
/// So many are shown, by how much must be left out.
const SHOWN: [usize; 4] = [6, 5, 4, 3];

pub(super) fn resources(report: &Report, page: &mut Page) {
    let Some(asked) = report.asked_run() else { return };
    if asked.resources.is_empty() {
        return;
    }
    let others: Vec<&Run> = report.side_by_side().into_iter().filter(|r| !std::ptr::eq(*r, asked)).collect();
    let mut order: Vec<(&String, &Resource)> = asked.resources.iter().collect();
    order.sort_by(|(_, a), (_, b)| pressure(b).total_cmp(&pressure(a)));
    let shown = page.most(SHOWN).min(order.len());
    page.heading("Resources", "needed: by arithmetic, were nothing to fail or wait");
    let busy: Vec<String> = others.iter().chain([&asked]).map(|run| format!("busy {}", factor(run.load))).collect();
    let mut header = vec!["<", "size"];
    header.extend(busy.iter().map(String::as_str));
    header.extend(["needed", "mean wait", "refused"]);
    let rows = order[..shown]
        .iter()
        .map(|(name, resource)| {
            let mut row = vec![name.to_string(), number(resource.capacity)];
            for run in &others {
                row.push(run.resources.get(*name).map_or("-".into(), |r| share(r.utilization)));
            }
            row.extend([
                inked(resource.utilization),
                resource.static_utilization.map_or("-".into(), share),
                wait(resource.wait_mean_ms),
                if resource.rejected == 0 { "-".into() } else { Ink::Bad.on(count(resource.rejected)) },
            ]);
            row
        })
        .collect();
    page.table(&header, rows);
    if order.len() > shown && page.most([1, 1, 1, 0]) > 0 {
        let most = order[shown..].iter().map(|(_, r)| r.utilization).fold(0.0, f64::max);
        let more = order.len() - shown;
        page.push_line(&Ink::Dim.on(format!("  {more} more, {} busy at most (-v shows all)", share(most))));
    }
}

/// What makes a resource worth showing first.
fn pressure(resource: &Resource) -> f64 {
    resource.utilization.max(resource.static_utilization.unwrap_or(0.0))
}

fn inked(utilization: f64) -> String {
    let text = share(utilization);
    match utilization {
        u if u >= 0.95 => Ink::Bad.on(text),
        u if u >= BUSY => Ink::Warn.on(text),
        _ => text,
    }
}

fn wait(wait_ms: f64) -> String {
    if wait_ms < 0.005 { "-".into() } else { ms(wait_ms) }
}
