//! What alerts watch, window by window: answers slower than a limit, and messages that have waited for long.

use super::meter::Meter;
use crate::engine::World;
use crate::plan::{EndpointId, Plan, Watch, Watched};
use crate::units::{NANOS, SimDuration};

/// How many answers were slower than what is watched for.
#[derive(Clone)]
pub(super) struct Watches {
    /// For each histogram of the meter, the watches it belongs to, with their limits. Empty where nothing is watched.
    pub(super) by_histogram: Vec<Vec<(u32, SimDuration)>>,
    /// For each watch.
    pub(super) slower: Vec<u32>,
}

impl Watches {
    /// Histograms are those of a [`Meter`]: of each endpoint, then of each entry of each source's mix.
    pub(super) fn new(plan: &Plan) -> Watches {
        let slower = vec![0; plan.watches.len()];
        let mut by_histogram = Vec::new();
        if plan.watches.iter().any(|w| matches!(w, Watch::Slower(..))) {
            let entries = plan.sources.iter().map(|s| s.mix.len()).sum::<usize>();
            by_histogram = vec![Vec::new(); plan.endpoints.len() + entries];
        }
        for (w, watch) in plan.watches.iter().enumerate() {
            if let Watch::Slower(watched, limit) = *watch {
                histograms(plan, watched).into_iter().for_each(|h| by_histogram[h].push((w as u32, limit)));
            }
        }
        Watches { by_histogram, slower }
    }

    pub(super) fn note(&mut self, of: u32, latency: SimDuration) {
        for &(watch, limit) in &self.by_histogram[of as usize] {
            self.slower[watch as usize] += u32::from(latency > limit);
        }
    }
}

/// The histograms in which a party's answers are.
fn histograms(plan: &Plan, watched: Watched) -> Vec<usize> {
    let entries =
        plan.sources.iter().enumerate().flat_map(|(s, source)| source.mix.iter().map(move |(_, link)| (s, *link)));
    let entries: Vec<(usize, EndpointId)> = entries.map(|(s, link)| (s, plan.links[link.index()].to)).collect();
    let first = plan.endpoints.len();
    let those = |keep: &dyn Fn(usize, EndpointId) -> bool| -> Vec<usize> {
        let all = entries.iter().enumerate();
        all.filter(|(_, (s, e))| keep(*s, *e)).map(|(i, _)| first + i).collect()
    };
    let endpoint = |endpoint: EndpointId| {
        let seen = those(&|_, e| e == endpoint);
        if seen.is_empty() { vec![endpoint.index()] } else { seen }
    };
    match watched {
        Watched::Everything => those(&|_, _| true),
        Watched::Source(source) => those(&|s, _| s == source.index()),
        Watched::Endpoint(e) => endpoint(e),
        Watched::Component(component) => {
            let own = (0..plan.endpoints.len()).map(EndpointId::new);
            let own = own.filter(|e| plan.stations[plan.endpoints[e.index()].station.index()].component == component);
            own.flat_map(endpoint).collect()
        }
    }
}

/// What each watch shows at the end of a window.
pub(super) fn watched(world: &World<'_>, meter: &mut Meter) -> Vec<f64> {
    let watches = &world.plan().watches;
    if watches.is_empty() {
        return Vec::new();
    }
    let slower = meter.slower();
    let show = |(watch, slower): (&Watch, u32)| match watch {
        Watch::Slower(..) => f64::from(slower),
        Watch::Oldest(topic) => world.oldest(topic.index()).0 as f64 / NANOS as f64,
    };
    watches.iter().zip(slower).map(show).collect()
}
