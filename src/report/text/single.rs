//! One experiment, plainly reported.

use super::page::{Ink, Page};
use crate::report::words::{count, factor, listed, ms, ms_estimate, number, seconds, share, share_estimate};
use crate::report::{Dependency, Measure, Queue, Report, SloResult, SloVerdict};

/// Rows shown unless everything is asked for.
const SHOWN: usize = 8;

pub(super) fn headline(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    let faults: Vec<String> = run
        .faults
        .iter()
        .map(|f| {
            let until = f.duration_s.map_or("on".into(), |d| format!("to {}", seconds(f.start_s + d)));
            format!("{} from {} {until}", f.text, seconds(f.start_s))
        })
        .collect();
    let with = if faults.is_empty() { String::new() } else { format!(", with {}", listed(&faults)) };
    let loads: Vec<String> = report.runs.iter().map(|r| factor(r.load)).collect();
    let scenario = match run.name.as_str() {
        "baseline" => String::new(),
        name if name.starts_with("load ") => String::new(),
        name => format!(", {name}"),
    };
    let text = format!("{}{scenario} at {}{with}", report.model.name, listed(&loads));
    page.wrapped(0, 0, &Ink::Bold.on(text));
}

pub(super) fn phases(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run().filter(|r| r.phases.len() > 1) else { return };
    page.heading("Over time", "success of the requests that ended in each part");
    let several = run.traffic.len() > 1;
    let mut rows = Vec::new();
    for phase in &run.phases {
        for (source, cell) in &phase.traffic {
            let name = if several { format!("{} {source}", phase.name) } else { phase.name.clone() };
            rows.push(vec![
                name.to_string(),
                format!("{} to {}", seconds(phase.from_s), seconds(phase.to_s)),
                number(cell.rate_per_s),
                number(cell.goodput_per_s),
                cell.success_rate.as_ref().map_or("-".into(), share_estimate),
                cell.mean_ms.as_ref().map_or("-".into(), ms_estimate),
            ]);
        }
    }
    page.table(&["<", "<from", "asked", "good", "success", "mean"], rows);
}

pub(super) fn slos(report: &Report, page: &mut Page) {
    if report.runs.iter().all(|r| r.slos.is_empty()) {
        return;
    }
    page.heading("Expectations", "");
    let mut header = vec!["<".to_string()];
    header.extend(report.runs.iter().map(|run| format!("<at {}", factor(run.load))));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for run in &report.runs {
        for slo in &run.slos {
            let cell = judged(slo);
            match rows.iter_mut().find(|row| row[0] == slo.text) {
                Some(row) => row.push(cell),
                None => rows.push(vec![slo.text.clone(), cell]),
            }
        }
    }
    rows.iter_mut().for_each(|row| row.resize(header.len(), String::new()));
    page.table(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows);
}

/// `met, 62ms`
fn judged(slo: &SloResult) -> String {
    let nothing = if slo.measure == Measure::RecoveryS { "not back in every run" } else { "nothing measured" };
    let measured = slo.measured.as_ref().map_or(nothing.into(), |e| slo.measure.show(e));
    match slo.verdict {
        SloVerdict::Met => format!("{}, {measured}", Ink::Good.on("met")),
        SloVerdict::Missed => format!("{}, {measured}", Ink::Bad.on("missed")),
        SloVerdict::Unclear => format!("{}, {measured}", Ink::Warn.on("unclear")),
    }
}

pub(super) fn failed(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    let lines: Vec<(&String, String)> = run
        .traffic
        .iter()
        .filter(|(_, t)| t.total.failed > 0)
        .map(|(source, t)| {
            let causes: Vec<String> = t.total.failures.iter().map(|(why, n)| format!("{why} {}", count(*n))).collect();
            let all = format!("{} of {}", count(t.total.failed), count(t.total.offered));
            (source, format!("{all} failed: {}", causes.join(", ")))
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    page.heading("Why requests failed", "");
    for (source, causes) in lines {
        page.wrapped(2, 4, &format!("{source}: {causes}"));
    }
}

/// Where requests had to wait for somebody to make them, the rate that was asked for was not reached.
pub(super) fn late(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    for (source, t) in run.traffic.iter().filter(|(_, t)| t.late > 0) {
        let share = share(t.late as f64 / t.total.offered.max(1) as f64);
        let text = format!(
            "{source}: the offered rate was not reached. For {} of {} requests ({share}) no user was free when their time \
             came (`max_users`); their latency counts from then.",
            count(t.late),
            count(t.total.offered)
        );
        page.heading("Offered rate", "");
        page.wrapped(2, 4, &text);
    }
}

pub(super) fn dependencies(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    let trouble = |d: &Dependency| d.failed + d.retries + d.timeouts + d.rejected + d.duplicates;
    let mut order: Vec<_> = run.dependencies.iter().filter(|(_, d)| page.verbose || trouble(d) > 0).collect();
    order.sort_by_key(|(_, d)| std::cmp::Reverse(trouble(d)));
    if order.is_empty() {
        return;
    }
    if !page.verbose {
        order.truncate(SHOWN);
    }
    page.heading("Dependencies", if page.verbose { "" } else { "those with trouble, the most first" });
    let rows = order
        .iter()
        .map(|(name, d)| {
            let mut row = vec![name.to_string()];
            row.extend([d.calls, d.failed, d.timeouts, d.retries, d.rejected, d.duplicates].map(dash));
            row.push(if d.wasted_work_s > 0.0 { seconds(d.wasted_work_s) } else { "-".into() });
            row
        })
        .collect();
    page.table(&["<", "calls", "failed", "timeouts", "retries", "guarded", "twice", "wasted"], rows);
}

pub(super) fn queues(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    let used: Vec<_> = run.queues.iter().filter(|(_, q)| **q != Queue::default()).collect();
    if used.is_empty() {
        return;
    }
    page.heading("Queues", "");
    let rows = used
        .into_iter()
        .map(|(name, q)| {
            let mut row = vec![name.to_string()];
            row.extend([q.published, q.acknowledged, q.redelivered, q.dead_lettered, q.rejected, q.lost].map(dash));
            let wait = if q.wait_max_ms > 0.0 { ms(q.wait_mean_ms) } else { "-".into() };
            row.extend([wait, dash(q.peak), dash(q.backlog)]);
            row
        })
        .collect();
    page.table(&["<", "published", "handled", "again", "dead", "refused", "lost", "wait", "most", "left"], rows);
}

pub(super) fn caches(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    if run.caches.is_empty() {
        return;
    }
    page.heading("Caches", "");
    let rows = run
        .caches
        .iter()
        .map(|(name, c)| {
            let found = if c.looked == 0 { "-".into() } else { share(c.hits as f64 / c.looked as f64) };
            let mut row = vec![name.to_string(), dash(c.looked), found];
            row.extend([c.stale, c.misses, c.coalesced, c.negative, c.evicted, c.lost_writes].map(dash));
            row
        })
        .collect();
    let header = ["<", "look-ups", "found", "stale", "loads", "waited", "known bad", "evicted", "lost writes"];
    page.table(&header, rows);
}

pub(super) fn replicas(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    if run.replicas.is_empty() {
        return;
    }
    page.heading("Replicas (ready)", "");
    let rows = run
        .replicas
        .iter()
        .map(|(name, r)| {
            let range = [u64::from(r.least), u64::from(r.most)].map(count);
            [name.to_string(), number(r.mean)].into_iter().chain(range).chain([dash(r.ejections)]).collect()
        })
        .collect();
    page.table(&["<", "mean", "fewest", "most", "ejections"], rows);
}

pub(super) fn locks(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    if run.locks.is_empty() {
        return;
    }
    page.heading("Locked rows", "");
    let rows = run
        .locks
        .iter()
        .map(|(name, l)| {
            let mut row = vec![name.to_string()];
            row.extend([l.taken, l.waits, l.timeouts, l.deadlocks, l.conflicts].map(dash));
            row
        })
        .collect();
    page.table(&["<", "wanted", "waited", "gave up", "deadlocks", "conflicts"], rows);
}

pub(super) fn replication(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run() else { return };
    if run.replication.is_empty() {
        return;
    }
    page.heading("Read replicas", "");
    let rows = run
        .replication
        .iter()
        .map(|(name, r)| {
            let stale = if r.reads == 0 { "-".into() } else { share(r.stale as f64 / r.reads as f64) };
            let lags = [r.lag_mean_ms, r.lag_max_ms].map(ms);
            [name.to_string(), dash(r.reads), stale].into_iter().chain(lags).collect()
        })
        .collect();
    page.table(&["<", "reads", "stale", "behind", "at most"], rows);
}

fn dash(n: u64) -> String {
    if n == 0 { "-".into() } else { count(n) }
}
