//! A failure that does not heal, in a sentence.

use super::page::Ink;
use crate::report::words::{factor, listed, seconds, share};
use crate::report::{Relief, Stuck};

/// `does not come back: retries keep it down; halving the load for 20s cures it; …`
pub(super) fn stuck(stuck: &Stuck) -> String {
    let verdict = match stuck.stuck == stuck.runs {
        true => Ink::Bad.on("does not come back"),
        false => {
            let part = share(f64::from(stuck.stuck) / f64::from(stuck.runs.max(1)));
            Ink::Bad.on(format!("does not come back in {part} of {} runs", stuck.runs))
        }
    };
    let mut parts = vec![kept_down(stuck)];
    parts.push(match &stuck.cure {
        Some(cure) => format!("{} for {} cures it", relief(cure), seconds(cure.duration_s)),
        None if stuck.slow_s.is_none() && !stuck.unfinished.cure => "less load for a moment does not cure it".into(),
        None => String::new(),
    });
    let band = &stuck.band;
    let open = stuck.unfinished.band;
    parts.push(match (band.safe > 0.0, band.fails) {
        _ if open => {
            let safe = if band.safe > 0.0 { format!(", not at {}", factor(band.safe)) } else { String::new() };
            format!("vulnerable at {}{safe}", factor(band.vulnerable))
        }
        (true, Some(fails)) => format!("vulnerable between {} and {}", factor(band.vulnerable), factor(fails)),
        (true, None) => format!("vulnerable from {} on", factor(band.vulnerable)),
        (false, Some(fails)) => format!("vulnerable at every load up to {}", factor(fails)),
        (false, None) => "vulnerable at every load".into(),
    });
    parts.extend(band.heals.map(|load| format!("heals at {}", factor(load))));
    let trigger = &stuck.trigger;
    let weaker = trigger.weakest.as_ref().map(|amount| format!(", or {amount} for as long")).unwrap_or_default();
    parts.push(format!("a trigger of {} is enough{weaker}", seconds(trigger.duration_s)));
    parts.retain(|part| !part.is_empty());
    format!("{verdict}: {}", parts.join("; "))
}

/// `retries keep it down (2x the calls on app>db)`
fn kept_down(stuck: &Stuck) -> String {
    if let Some(slow) = stuck.slow_s {
        return format!("not within {}, but {} later", seconds(2.0 * stuck.wait_s), seconds(slow));
    }
    let many = stuck.amplified.as_ref();
    let calls = many.map(|(edge, n)| format!(" ({} the calls on {edge})", factor(*n))).unwrap_or_default();
    match stuck.sustained_by.as_slice() {
        [] if stuck.unfinished.sustainers => format!("what keeps it down was not found within the budget{calls}"),
        [] => format!("nothing that was left out alone lets it{calls}"),
        [one] if one == "the backlog" => format!("the backlog keeps it down{calls}"),
        list if stuck.with_backlog => format!("{} and the backlog keep it down{calls}", listed(list)),
        list => format!("{} keep it down{calls}", listed(list)),
    }
}

fn relief(cure: &Relief) -> String {
    let less = match cure.load_share {
        s if s >= 0.5 => "halving the load".into(),
        s if s > 0.0 => format!("{} of the load", share(s)),
        _ => "keeping users out".into(),
    };
    if cure.restart { format!("a restart of what has a line and {less}") } else { less }
}
