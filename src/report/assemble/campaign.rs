//! What the failure campaign tried beside the failures that are told of in full.

use super::Scribe;
use crate::experiments::{Asked, Failure, Joint, Review};
use crate::plan::ComponentId;
use crate::report::{AskedFaults, Campaign, FaultInfo, FaultPair, FaultPairs, Screened};

impl Scribe<'_> {
    pub(super) fn campaign(&self, review: &Review) -> Campaign {
        let pairs = &review.pairs;
        Campaign {
            screened: review.failures.iter().filter(|f| !f.confirmed).map(|f| self.screened(f)).collect(),
            not_tried: review.untried.iter().map(ToString::to_string).collect(),
            asked: review.asked.as_ref().map(|asked| self.asked(asked)),
            pairs: Some(FaultPairs {
                touching: pairs.touching,
                tried: pairs.tried.len(),
                apart: pairs.apart,
                by_clock: pairs.by_clock,
                worse: pairs.tried.iter().filter(|p| p.is_worse()).map(|p| self.pair(p)).collect(),
            }),
        }
    }

    fn asked(&self, asked: &Asked) -> AskedFaults {
        AskedFaults {
            load: asked.load,
            holds_without: asked.holds,
            tried: asked.failures.iter().map(|f| self.screened(f)).collect(),
            not_tried: asked.untried.iter().map(ToString::to_string).collect(),
        }
    }

    fn screened(&self, failure: &Failure) -> Screened {
        let impaired: Vec<ComponentId> = failure.cascade().into_iter().map(|s| s.component).collect();
        Screened {
            fault: FaultInfo::from(&failure.fault),
            runs: failure.harms.len() as u32,
            lost_share: failure.lost_share(),
            blast_radius: failure.avoidable_share(),
            recovers: failure.recoveries() == failure.harms.len(),
            impaired: self.names(&impaired),
        }
    }

    fn pair(&self, pair: &Joint) -> FaultPair {
        FaultPair {
            faults: [0, 1].map(|i| FaultInfo::from(&pair.faults[i])),
            shared: self.names(&pair.shared),
            alone: pair.alone,
            together: pair.together,
            recovers: pair.back[1],
        }
    }

    fn names(&self, components: &[ComponentId]) -> Vec<String> {
        components.iter().map(|c| self.model.plan.components[c.index()].name.clone()).collect()
    }
}
