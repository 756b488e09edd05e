//! How many replicas of a component a fault strikes: all, so many, or a share. The first ones first, a database's primary
//! before its read replicas.

use super::{FaultError, FormError, Settings, Target};
use crate::plan::{ComponentId, Plan, StationId};
use crate::units::show_ratio;

/// How many replicas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Replicas {
    /// All of them.
    All,
    /// So many.
    Number(u32),
    /// This share of them, rounded up.
    Share(f64),
}

impl Replicas {
    /// Reads `replicas` or `share`.
    pub(super) fn read(settings: &Settings<'_>) -> Result<Replicas, FormError> {
        match (settings.whole("replicas")?, settings.share("share")?) {
            (None, None) => Ok(Replicas::All),
            (Some(n), None) => Ok(Replicas::Number(n)),
            (None, Some(share)) => Ok(Replicas::Share(share)),
            (Some(_), Some(_)) => {
                Err(FormError::at("share", "`replicas` and `share` say the same thing twice", "write one of the two"))
            }
        }
    }

    fn of(self, total: u32) -> u32 {
        match self {
            Replicas::All => total,
            Replicas::Number(n) => n.min(total),
            // A hair is taken off so that 30% of 10 is 3, whatever the last bit of the product.
            Replicas::Share(share) => ((share * f64::from(total) - 1e-9).ceil() as u32).min(total),
        }
    }

    /// Whether there are so many. `struck` says what happens to them: `killed`.
    pub(super) fn check(
        self,
        target: &Target,
        component: ComponentId,
        plan: &Plan,
        struck: &str,
    ) -> Result<(), FaultError> {
        let total = total(component, plan);
        match self {
            Replicas::Number(n) if n > total => Err(FaultError::new(
                format!(
                    "`{target}` has {total} replica{}, so {n} cannot be {struck}",
                    if total == 1 { "" } else { "s" }
                ),
                format!("write at most {total}, or leave the number out for all"),
            )),
            _ => Ok(()),
        }
    }

    /// So many of each station of a component, where so many of each are struck already.
    pub(super) fn spread(
        self,
        component: ComponentId,
        plan: &Plan,
        struck: impl Fn(StationId) -> u32,
    ) -> Vec<(StationId, u32)> {
        let mut left = self.of(total(component, plan));
        let stations = plan.stations_of(component).map(|station| {
            let n = left.min(plan.stations[station.index()].replicas.saturating_sub(struck(station)));
            left -= n;
            (station, n)
        });
        stations.collect()
    }

    /// As many of them as this part of the fault's time lets it strike.
    pub(super) fn grown(self, part: f64) -> Replicas {
        match self {
            Replicas::All => Replicas::Share(part),
            Replicas::Number(n) => Replicas::Number((f64::from(n) * part + 1e-9) as u32),
            Replicas::Share(share) => Replicas::Share(share * part),
        }
    }

    /// As `--fail` writes it.
    pub(super) fn amount(self) -> Option<String> {
        match self {
            Replicas::All => None,
            Replicas::Number(n) => Some(n.to_string()),
            Replicas::Share(share) => Some(show_ratio(share)),
        }
    }

    /// As a setting beside the amount of something else.
    pub(super) fn setting(self) -> Option<(&'static str, String)> {
        match self {
            Replicas::All => None,
            Replicas::Number(n) => Some(("replicas", n.to_string())),
            Replicas::Share(share) => Some(("share", show_ratio(share))),
        }
    }

    /// In words: `one replica of web`.
    pub(super) fn words(self, target: &Target) -> String {
        match self {
            Replicas::All => target.to_string(),
            Replicas::Number(1) => format!("one replica of {target}"),
            Replicas::Number(n) => format!("{n} replicas of {target}"),
            Replicas::Share(share) => format!("{} of the replicas of {target}", show_ratio(share)),
        }
    }
}

fn total(component: ComponentId, plan: &Plan) -> u32 {
    plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum()
}
