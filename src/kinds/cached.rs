//! How `cached` and `write` steps become instructions.

use super::program::{From, What};
use super::{Program, StepSpec, Target, Tiers};
use crate::plan::{CacheId, LinkId, Look, LookId, Pc, Step, Writes};

/// What is done on a miss.
#[derive(Clone)]
pub(super) struct Miss<'p, 'a> {
    steps: &'p [StepSpec<'a>],
    /// Tiers that are asked before the steps are done.
    behind: Vec<Asked>,
    /// Storing the answer in the tier that missed.
    set: Option<LinkId>,
    /// The tier that missed, if it keeps keys.
    look: Option<(CacheId, LookId)>,
    /// The step by whose number the key is drawn.
    key: Pc,
}

/// A tier of a cache with the links of this caller to it.
#[derive(Clone, Copy)]
struct Asked {
    cache: CacheId,
    get: LinkId,
    set: Option<LinkId>,
}

impl<'p, 'a> Program<'p, 'a> {
    pub(super) fn cached(&mut self, target: &Target<'a>, key: Option<&Target<'a>>, miss: &'p [StepSpec<'a>]) {
        let Some(tiers) = self.tiers(target, "hit_ratio: 90%") else { return };
        let asked = self.asked(&tiers, target);
        let key = key.map(|key| self.key(key));
        self.lookup(asked, key, tiers.must_answer, miss);
    }

    fn tiers(&mut self, target: &Target<'a>, example: &str) -> Option<Tiers> {
        let (_, tiers) = self.wiring.cache(target)?;
        if tiers.is_none() {
            let message = format!("`{}` does not say what it holds", target.text);
            let hint = format!("add for instance `{example}` to `caches.{}`", target.component());
            target.problem(message, hint);
        }
        tiers
    }

    fn asked(&mut self, tiers: &Tiers, target: &Target<'a>) -> Vec<Asked> {
        let links = |program: &mut Self, tier: &super::Tier| Asked {
            cache: tier.cache,
            get: program.link(tier.get, target).0,
            set: tier.set.map(|set| program.link(set, target).0),
        };
        tiers.tiers.iter().map(|tier| links(self, tier)).collect()
    }

    /// The step by whose number a named key is drawn: the first that names it.
    fn key(&mut self, name: &Target<'a>) -> Pc {
        let here = self.here();
        *self.keys.entry(name.text.clone()).or_insert(here)
    }

    fn lookup(&mut self, mut tiers: Vec<Asked>, key: Option<Pc>, must_answer: bool, steps: &'p [StepSpec<'a>]) {
        let tier = tiers.remove(0);
        let call = self.emit(Step::Call { link: tier.get, failed: Pc::FAIL });
        let at = self.here();
        let key = key.unwrap_or(at);
        let store = self.wiring.builder.plan().caches[tier.cache.index()].store().cloned();
        let look = store.as_ref().map(|_| {
            let look = Look { miss: Pc::FAIL, refresh: Pc::FAIL, key };
            (tier.cache, self.wiring.builder.look(look))
        });
        self.emit(match look {
            Some((cache, look)) => Step::Look { cache, look },
            None => Step::Lookup { cache: tier.cache, miss: Pc::FAIL },
        });
        let miss = Miss { steps, behind: tiers, set: tier.set, look, key };
        if let (Some((_, look)), true) = (look, store.is_some_and(|store| store.stale.0 > 0)) {
            self.aside(From::Refresh(look), What::Miss(miss.clone()));
        }
        // A cache that fails has missed, unless it has to answer.
        self.later(From::Miss((!must_answer).then_some(call), at), What::Miss(miss));
    }

    /// Finds a missed answer, and stores it.
    pub(super) fn miss(&mut self, miss: Miss<'p, 'a>) {
        match miss.behind.is_empty() {
            true => self.block(miss.steps),
            false => self.lookup(miss.behind, Some(miss.key), false, miss.steps),
        }
        self.keep(miss.set);
        if let Some((cache, look)) = miss.look {
            self.emit(Step::Fill { cache, look });
        }
    }

    fn keep(&mut self, set: Option<LinkId>) {
        if let Some(link) = set {
            // The answer is there, whether it can be stored or not.
            let next = Pc::new(self.here().index() + 1);
            self.emit(Step::Call { link, failed: next });
        }
    }

    pub(super) fn write_through(&mut self, target: &Target<'a>, key: Option<&Target<'a>>, steps: &'p [StepSpec<'a>]) {
        let Some(tiers) = self.tiers(target, "keys: 10k") else { return };
        let asked = self.asked(&tiers, target);
        let here = self.here();
        let key = key.map_or(here, |key| self.key(key));
        let first = asked[0];
        let cache = first.cache;
        let plan = self.wiring.builder.plan();
        if plan.caches[cache.index()].store().is_none() {
            let hint = "give it `keys` instead of a `hit_ratio`, or do the steps without `write`";
            target.problem(format!("`{}` has no keys, so a write changes nothing in it", target.text), hint);
            return;
        }
        let writes = plan.caches[cache.index()].write;
        let mut look = |tier: &Asked| {
            let look = Look { miss: Pc::FAIL, refresh: Pc::FAIL, key };
            (tier.cache, self.wiring.builder.look(look))
        };
        let looks: Vec<_> = asked.iter().map(&mut look).collect();
        match writes {
            Writes::Invalidate => {
                self.block(steps);
                for &(cache, look) in &looks {
                    self.emit(Step::Drop { cache, look });
                }
            }
            Writes::Through => {
                self.block(steps);
                self.keep(first.set);
                self.emit(Step::Fill { cache, look: looks[0].1 });
            }
            Writes::Behind { .. } => {
                self.keep(first.set);
                self.emit(Step::Fill { cache, look: looks[0].1 });
                let at = self.emit(Step::Defer { cache, program: Pc::FAIL, full: Pc::FAIL });
                self.aside(From::Later(at), What::Steps(steps));
                self.later(From::Step(at), What::Steps(steps));
            }
        }
    }
}
