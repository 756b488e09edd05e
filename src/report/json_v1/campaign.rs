//! What the failure campaign tried beside the failures that are told of in full.

use super::review::{Fault, fault};
use crate::report;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Campaign<'a> {
    screened: Vec<Screened<'a>>,
    not_tried: &'a [String],
    asked: Option<Asked<'a>>,
    pairs: Option<Pairs<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Screened<'a> {
    fault: Fault<'a>,
    runs: u32,
    lost_share: f64,
    blast_radius: f64,
    recovers: bool,
    impaired: &'a [String],
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Asked<'a> {
    load: f64,
    holds_without: bool,
    tried: Vec<Screened<'a>>,
    not_tried: &'a [String],
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Pairs<'a> {
    touching: usize,
    tried: usize,
    apart: usize,
    by_clock: bool,
    worse: Vec<Pair<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Pair<'a> {
    faults: [Fault<'a>; 2],
    shared: &'a [String],
    alone: [f64; 2],
    together: f64,
    recovers: bool,
}

pub(super) fn campaign(c: &report::Campaign) -> Campaign<'_> {
    Campaign {
        screened: c.screened.iter().map(screened).collect(),
        not_tried: &c.not_tried,
        asked: c.asked.as_ref().map(|a| Asked {
            load: a.load,
            holds_without: a.holds_without,
            tried: a.tried.iter().map(screened).collect(),
            not_tried: &a.not_tried,
        }),
        pairs: c.pairs.as_ref().map(|p| Pairs {
            touching: p.touching,
            tried: p.tried,
            apart: p.apart,
            by_clock: p.by_clock,
            worse: p.worse.iter().map(pair).collect(),
        }),
    }
}

fn screened(s: &report::Screened) -> Screened<'_> {
    Screened {
        fault: fault(&s.fault),
        runs: s.runs,
        lost_share: s.lost_share,
        blast_radius: s.blast_radius,
        recovers: s.recovers,
        impaired: &s.impaired,
    }
}

fn pair(p: &report::FaultPair) -> Pair<'_> {
    Pair {
        faults: [fault(&p.faults[0]), fault(&p.faults[1])],
        shared: &p.shared,
        alone: p.alone,
        together: p.together,
        recovers: p.recovers,
    }
}
