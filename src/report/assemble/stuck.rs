//! A failure that does not heal, from what its examination found.

use super::Scribe;
use crate::experiments::{Aftermath, Loops, Metastable, Question};
use crate::report::{LoadBand, Relief, SmallestTrigger, Stuck, Unfinished};
use crate::units::SimDuration;

impl Scribe<'_> {
    /// What is told of it; `None` when no run is stuck.
    pub(super) fn stuck(&self, found: &Metastable) -> Option<Stuck> {
        let Loops { cure, sustained, band, smallest, unfinished } = found.loops.as_ref()?;
        let alone = !sustained.alone.is_empty();
        let list = if alone { &sustained.alone } else { &sustained.with_backlog };
        Some(Stuck {
            runs: found.aftermaths.each.len() as u32,
            stuck: found.aftermaths.stuck().len() as u32,
            wait_s: found.aftermaths.wait.length.seconds(),
            wait_capped: found.aftermaths.wait.capped,
            amplified: self.amplified(found),
            cure: cure.map(|c| Relief { load_share: c.left, duration_s: c.lasting.seconds(), restart: c.restart }),
            sustained_by: list.iter().map(|s| s.words().to_owned()).collect(),
            with_backlog: !alone && !list.is_empty(),
            tried: sustained.tried.iter().map(|s| s.words().to_owned()).collect(),
            slow_s: sustained.by_itself.map(SimDuration::seconds),
            band: LoadBand { safe: band.safe, vulnerable: band.vulnerable, fails: band.fails, heals: band.heals },
            trigger: SmallestTrigger {
                duration_s: smallest.lasting.seconds(),
                too_short_s: smallest.too_short.map(SimDuration::seconds),
                weakest: smallest.weakest.as_ref().and_then(|f| f.kind.effect().amount()),
            },
            unfinished: Unfinished {
                cure: unfinished.contains(&Question::Cure),
                sustainers: unfinished.contains(&Question::Sustainers),
                band: unfinished.contains(&Question::Band),
                trigger: unfinished.contains(&Question::Trigger),
            },
        })
    }

    /// The edge that most of the stuck runs show to be amplified, with the mean over them.
    fn amplified(&self, found: &Metastable) -> Option<(String, f64)> {
        let strained = found.aftermaths.each.iter().filter_map(|a| match a {
            Aftermath::Stuck(strain) => strain.amplified,
            _ => None,
        });
        let all: Vec<_> = strained.collect();
        let most = all.iter().map(|(e, _)| *e).max_by_key(|e| (all.iter().filter(|(f, _)| f == e).count(), *e))?;
        let factors: Vec<f64> = all.iter().filter(|(e, _)| *e == most).map(|(_, n)| *n).collect();
        let mean = factors.iter().sum::<f64>() / factors.len() as f64;
        Some((self.model.plan.edges[most.index()].name.clone(), mean))
    }
}
