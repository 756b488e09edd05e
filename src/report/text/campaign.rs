//! The rest of the failure campaign, in a line each: the load asked for, and two faults at once; and the figures that show
//! a mechanism.

use super::page::{Ink, Page};
use crate::report::words::{factor, listed, ms, number, share};
use crate::report::{AskedFaults, FaultPair, FaultPairs, Gauge, Reading, Report, Screened};

/// So many are named in a line, by how much must be left out.
const NAMED: [usize; 4] = [3, 2, 1, 1];
/// Losing so much of all requests is noticed.
const NOTICED: f64 = 0.005;

/// Whether users notice a fault.
pub(super) fn is_noticed(fault: &Screened) -> bool {
    fault.lost_share >= NOTICED || !fault.recovers
}

pub(super) fn campaign(report: &Report, page: &mut Page) {
    let Some(campaign) = &report.campaign else { return };
    if let Some(asked) = &campaign.asked {
        at_the_load_asked_for(asked, page);
    }
    if let Some(pairs) = campaign.pairs.as_ref().filter(|pairs| pairs.touching > 0) {
        two_at_once(pairs, page);
    }
}

fn at_the_load_asked_for(asked: &AskedFaults, page: &mut Page) {
    let load = factor(asked.load);
    let named = page.most(NAMED);
    let noticed = asked.tried.iter().filter(|f| is_noticed(f)).count();
    if page.most([1, 1, 1, 0]) == 0 {
        return at_the_load_in_brief(asked, noticed, page);
    }
    let mut text = match asked.holds_without {
        false => {
            format!("{} the SLOs are missed without any fault, so none is to blame", Ink::Bold.on(format!("At {load}")))
        }
        true => format!("{} the SLOs hold without a fault", Ink::Bold.on(format!("At {load}"))),
    };
    let worst = worst(asked);
    text.push_str(&format!(
        ". Of {} faults tried there, each beside the same run without, users notice {noticed}",
        asked.tried.len()
    ));
    if worst.is_empty() {
        text.push_str("; none takes requests along that did not need what was struck");
    } else {
        let costs = |f: &&Screened| {
            let stuck = if f.recovers { "" } else { ", and it may not recover" };
            format!("{} ({} of all requests{stuck})", f.fault.text, share(f.blast_radius.min(1.0)))
        };
        let names: Vec<String> = worst.iter().take(named).map(costs).collect();
        let names = listed(&names);
        let (number, take) = (worst.len(), if worst.len() == 1 { "takes" } else { "take" });
        text.push_str(&format!(
            "; {number} {take} requests along that did not need what was struck: most of all {names}"
        ));
    }
    if !asked.not_tried.is_empty() {
        text.push_str(&format!("; the budget had no room for {} more", asked.not_tried.len()));
    }
    page.wrapped(2, 4, &text);
}

/// Those that take requests along that need not fail, or may not recover; the worst first.
fn worst(asked: &AskedFaults) -> Vec<&Screened> {
    let mut worst: Vec<&Screened> =
        asked.tried.iter().filter(|f| f.blast_radius >= 2.0 * NOTICED || !f.recovers).collect();
    worst.sort_by(|a, b| b.blast_radius.total_cmp(&a.blast_radius));
    worst
}

fn at_the_load_in_brief(asked: &AskedFaults, noticed: usize, page: &mut Page) {
    let first = worst(asked).first().map(|f| {
        let stuck = if f.recovers { "" } else { ", may not recover" };
        format!("; worst is {} ({} lost without need{stuck})", f.fault.text, share(f.blast_radius.min(1.0)))
    });
    let load = Ink::Bold.on(format!("At {}", factor(asked.load)));
    let (tried, first) = (asked.tried.len(), first.unwrap_or_default());
    page.wrapped(2, 4, &format!("{load} users notice {noticed} of {tried} faults, beside the same run without{first}"));
}

fn two_at_once(pairs: &FaultPairs, page: &mut Page) {
    let all = pairs.tried == pairs.touching;
    if page.most([1, 1, 1, 0]) == 0 {
        let (title, n) = (Ink::Bold.on("Two at once:"), pairs.worse.len());
        let first = pairs.worse.first().map(|p| {
            let ([a, b], lost) = (&p.faults, share(p.together.min(1.0)));
            format!(", first {} with {} ({lost} of requests lost)", a.text, b.text)
        });
        let first = first.unwrap_or_default();
        let text = format!("{title} of {} pairs tried {n} are worse than they add up to{first}", pairs.tried);
        return page.wrapped(2, 4, &text);
    }
    let mut text = match all {
        true => {
            format!("{} all {} pairs that touch the same part were tried", Ink::Bold.on("Two at once:"), pairs.tried)
        }
        false => format!(
            "{} {} of {} pairs that touch the same part were tried",
            Ink::Bold.on("Two at once:"),
            pairs.tried,
            pairs.touching
        ),
    };
    text.push_str(match (all, pairs.by_clock) {
        (true, _) => "",
        (false, true) => " (as many as --budget had time for on this machine; another may try more or fewer)",
        (false, false) => " (as many as the budget of events allows)",
    });
    let named = page.most(NAMED).min(pairs.worse.len());
    if pairs.worse.is_empty() {
        text.push_str("; none is worse than the two add up to");
    } else {
        let names: Vec<String> = pairs.worse[..named].iter().map(pair).collect();
        let more = pairs.worse.len() - named;
        let more = if more > 0 { format!("; {more} more are") } else { String::new() };
        text.push_str(&format!("; worse than the two add up to: {}{more}", names.join("; ")));
    }
    page.wrapped(2, 4, &text);
}

fn pair(pair: &FaultPair) -> String {
    let [a, b] = &pair.faults;
    let [alone, other] = pair.alone.map(|x| share(x.min(1.0)));
    let stuck = if pair.recovers { "" } else { ", and it does not recover" };
    let together = share(pair.together.min(1.0));
    format!("{} with {} ({together} of requests lost, {alone} and {other} alone{stuck})", a.text, b.text)
}

/// The figures that show a mechanism, in words: `30 of 30 workers busy, 12 waiting`.
pub(super) fn readings(all: &[Reading]) -> String {
    let told = all.iter().filter(|r| r.after >= 0.005 || r.before >= 0.005).map(reading);
    told.collect::<Vec<_>>().join(", ")
}

fn reading(r: &Reading) -> String {
    let whole = |x: f64| if x >= 10.0 { number(x.round()) } else { number((x * 10.0).round() / 10.0) };
    let busy = |what: &str| match r.of {
        Some(of) => format!("{} of {} {what} busy", whole(r.after), whole(of)),
        None => format!("{} {what} busy", whole(r.after)),
    };
    // What was the same before is not news.
    let of = |what: &str| match r.before >= 0.005 {
        true => format!("{} → {} of {what}", share(r.before), share(r.after)),
        false => format!("{} of {what}", share(r.after)),
    };
    match r.gauge {
        Gauge::Workers => busy("workers"),
        Gauge::Connections => busy("connections"),
        Gauge::Cores => busy("cores"),
        Gauge::Pool => match r.of {
            Some(of) => format!("pool {} of {} in use", whole(r.after), whole(of)),
            None => format!("pool {} in use", whole(r.after)),
        },
        Gauge::Queue | Gauge::PoolQueue => format!("{} waiting", whole(r.after)),
        Gauge::Refused => of("requests refused"),
        Gauge::Attempts => format!("attempts per call {} → {}", number(r.before), number(r.after)),
        Gauge::Calls => format!("calls {}/s → {}/s", whole(r.before), whole(r.after)),
        Gauge::HitRatio => format!("hit ratio {} → {}", share(r.before), share(r.after)),
        Gauge::Backlog => format!("{} messages waiting", whole(r.after)),
        Gauge::Blocked => format!("{}/s cannot be published", whole(r.after)),
        Gauge::Replicas => format!("replicas {} → {}", whole(r.before), whole(r.after)),
        Gauge::Ejections => format!("{} ejections", whole(r.after)),
        Gauge::Rejected => of("tries refused"),
        Gauge::TimedOut => of("tries timed out"),
        Gauge::Failed => of("calls failed"),
        Gauge::MeanMs => format!("mean {} → {}", ms(r.before), ms(r.after)),
    }
}
