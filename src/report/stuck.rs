//! What a review says of a failure that does not heal.

/// A failure that outlives its cause in some run.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// Independent runs that were waited for.
    pub runs: u32,
    /// Those that are stuck.
    pub stuck: u32,
    /// How long was waited after the end of the fault; the verdict is about as long again.
    pub wait_s: f64,
    /// The rule asks for a longer wait.
    pub wait_capped: bool,
    /// The edge whose tries per request of users have grown most: its name, and how many times as many there are.
    pub amplified: Option<(String, f64)>,
    /// What cures it; without it, something is lost for good, unless the search was ended early.
    pub cure: Option<Relief>,
    /// Each of these, left out, lets it come back.
    pub sustained_by: Vec<String>,
    /// It does so only when what waits is dropped, too.
    pub with_backlog: bool,
    /// Everything that was left out in turn.
    pub tried: Vec<String>,
    /// Nothing was left out, and it came back after all, so long after the wait.
    pub slow_s: Option<f64>,
    /// The loads at which it may happen.
    pub band: LoadBand,
    /// How little it takes.
    pub trigger: SmallestTrigger,
    /// What the budget of events left open.
    pub unfinished: Unfinished,
}

/// Searches that the budget of events ended early: what they found is true, and not all there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// For what cures it.
    pub cure: bool,
    /// For what keeps it down.
    pub sustainers: bool,
    /// For the loads at which it may happen.
    pub band: bool,
    /// For the smallest trigger.
    pub trigger: bool,
}

impl Unfinished {
    /// The words for programs, of those that were ended early.
    pub fn words(&self) -> Vec<&'static str> {
        let all = [
            (self.cure, "cure"),
            (self.sustainers, "sustained_by"),
            (self.band, "band"),
            (self.trigger, "smallest_trigger"),
        ];
        all.into_iter().filter(|(open, _)| *open).map(|(_, word)| word).collect()
    }
}

/// Less load for a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relief {
    /// The share of the load that is left.
    pub load_share: f64,
    /// For how long.
    pub duration_s: f64,
    /// What has a long line is restarted, too.
    pub restart: bool,
}

/// Loads, as multiples of the model's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadBand {
    /// Up to here the fault does no lasting harm.
    pub safe: f64,
    /// From here on it does.
    pub vulnerable: f64,
    /// From here on goodput falls without a fault; `None` when it held at the highest load tried.
    pub fails: Option<f64>,
    /// Once stuck, it comes back at this load; `None` when it did at none that was tried.
    pub heals: Option<f64>,
}

/// The smallest trigger that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallestTrigger {
    /// So long is enough, as strong as the fault was.
    pub duration_s: f64,
    /// So long is not; `None` when the shortest that was tried is enough.
    pub too_short_s: Option<f64>,
    /// As long as the fault was, so much is enough, as `--fail` writes the amount; `None` where it has none.
    pub weakest: Option<String>,
}
