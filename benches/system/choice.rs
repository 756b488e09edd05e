//! Who calls whom.

use super::{Endpoint, Service, Target, Wanted};
use std::collections::VecDeque;
use std::ops::Range;
use tenfold::random::Stream;

/// Services called by a service that calls any, by their rank: between Meta's figures for all services (median 4, p90 13,
/// p99 101) and those for regular ones (6, 27, 307).
const FAN_OUT: [(f64, f64); 9] = [
    (0.0, 1.0),
    (0.10, 2.0),
    (0.25, 3.0),
    (0.50, 5.0),
    (0.75, 9.0),
    (0.90, 20.0),
    (0.95, 37.0),
    (0.99, 200.0),
    (1.0, 400.0),
];

/// An endpoint may call so many; a service that calls more has more endpoints. With the fan-outs above one in a hundred
/// has 26 or so, as at Meta.
const CALLS_OF_AN_ENDPOINT: usize = 8;

/// Beside those of the last layer, one service in so many calls nobody.
const LEAF_EVERY: usize = 10;

/// The share of calls that go to the next layer; the others go to any deeper one.
const TO_NEXT: f64 = 0.6;

/// The choice under way.
pub(super) struct Choice<'l> {
    layers: &'l [Range<usize>],
    stream: Stream,
    /// How many each service means to call.
    fan_outs: Vec<usize>,
    /// What it calls.
    calls: Vec<Vec<Target>>,
    /// How many endpoints it has, and how often somebody chose it, which gets the next endpoint each time.
    endpoints: Vec<usize>,
    chosen: Vec<usize>,
    /// Endpoints of each layer that nobody calls yet, but for those that somebody has chosen since.
    uncalled: Vec<VecDeque<Target>>,
}

impl<'l> Choice<'l> {
    pub(super) fn new(layers: &'l [Range<usize>], wanted: &Wanted) -> Choice<'l> {
        let mut stream = Stream::new(wanted.seed, 0, "system", "shape");
        let services = wanted.services;
        let fan_outs = fan_outs(layers, wanted, &mut stream);
        let endpoints: Vec<usize> = fan_outs.iter().map(|n| n.div_ceil(CALLS_OF_AN_ENDPOINT).max(1)).collect();
        let of = |service: usize| (0..endpoints[service]).map(move |endpoint| Target { service, endpoint });
        let uncalled = layers.iter().map(|layer| layer.clone().flat_map(of).collect()).collect();
        Choice {
            layers,
            stream,
            fan_outs,
            calls: vec![Vec::new(); services],
            chosen: vec![0; services],
            endpoints,
            uncalled,
        }
    }

    pub(super) fn services(mut self) -> Vec<Service> {
        for s in 0..self.calls.len() {
            if self.fan_outs[s] > 0 {
                self.choose(s, self.depth(s));
            }
        }
        self.leave_nobody_out();
        let last = self.layers.len() - 1;
        (0..self.calls.len()).map(|s| self.service(s, self.layers[last].contains(&s))).collect()
    }

    /// Chooses whom a service calls: a quarter among those that nobody calls yet, the others by popularity.
    fn choose(&mut self, caller: usize, depth: usize) {
        let wanted = self.fan_outs[caller];
        for _ in 0..wanted.div_ceil(4) {
            if let Some(target) = self.next_uncalled(depth + 1) {
                self.calls[caller].push(target);
            }
        }
        // Among few the popular ones are soon all taken: then it calls fewer.
        for _ in 0..20 * wanted {
            if self.calls[caller].len() >= wanted {
                break;
            }
            let service = self.popular(depth);
            if self.calls[caller].iter().all(|to| to.service != service) {
                let target = Target { service, endpoint: self.chosen[service] % self.endpoints[service] };
                self.chosen[service] += 1;
                self.calls[caller].push(target);
            }
        }
    }

    /// A service of a deeper layer. Within a layer the popularity of the one of rank k is 1 / k, so that there are hubs.
    fn popular(&mut self, depth: usize) -> usize {
        let deeper = self.layers[depth + 1].start..self.layers[self.layers.len() - 1].end;
        let layer = if self.stream.chance(TO_NEXT) {
            &self.layers[depth + 1]
        } else {
            let any = deeper.start + self.stream.below(deeper.len() as u32) as usize;
            &self.layers[self.depth(any)]
        };
        let rank = libm::pow(layer.len() as f64 + 1.0, self.stream.unit()) as usize;
        layer.start + rank.clamp(1, layer.len()) - 1
    }

    fn next_uncalled(&mut self, depth: usize) -> Option<Target> {
        let chosen = &self.chosen;
        std::iter::from_fn(|| self.uncalled[depth].pop_front()).find(|to| chosen[to.service] <= to.endpoint)
    }

    fn depth(&self, service: usize) -> usize {
        self.layers.iter().position(|layer| layer.contains(&service)).unwrap_or(0)
    }

    /// What nobody calls could as well not be there: somebody of the layers above does.
    fn leave_nobody_out(&mut self) {
        for depth in 1..self.layers.len() {
            let callers: Vec<usize> = (0..self.layers[depth].start).filter(|&s| self.fan_outs[s] > 0).collect();
            while let Some(target) = self.next_uncalled(depth) {
                let caller = callers[self.stream.below(callers.len() as u32) as usize];
                self.calls[caller].push(target);
            }
        }
    }

    fn service(&mut self, s: usize, is_deepest: bool) -> Service {
        let calls = std::mem::take(&mut self.calls[s]);
        let each = calls.len().div_ceil(self.endpoints[s]).max(1);
        let endpoint = |e: usize| Endpoint {
            work: 500 + self.stream.below(4_000),
            calls: calls.iter().skip(e * each).take(each).copied().collect(),
            pairs: (s + e) % 2 == 1,
            visits: 0.0,
        };
        Service { endpoints: (0..self.endpoints[s]).map(endpoint).collect(), concurrency: 0, is_deepest }
    }
}

/// The table's values at even distances, in random order: any number of services has its shape.
fn fan_outs(layers: &[Range<usize>], wanted: &Wanted, stream: &mut Stream) -> Vec<usize> {
    let last = layers.len() - 1;
    let callers: Vec<usize> = (0..layers[last].start).filter(|s| s % LEAF_EVERY != LEAF_EVERY / 2).collect();
    let mut values: Vec<usize> =
        (0..callers.len()).map(|i| fan_out((i as f64 + 0.5) / callers.len() as f64).round() as usize).collect();
    for i in (1..values.len()).rev() {
        values.swap(i, stream.below(i as u32 + 1) as usize);
    }
    let mut fan_outs = vec![0; wanted.services];
    for (&caller, &value) in callers.iter().zip(&values) {
        let layer = layers.iter().find(|layer| layer.contains(&caller));
        let deeper = wanted.services - layer.map_or(wanted.services, |layer| layer.end);
        fan_outs[caller] = value.div_ceil(wanted.one_in).min(deeper);
    }
    fan_outs
}

fn fan_out(rank: f64) -> f64 {
    let after = FAN_OUT.partition_point(|(up_to, _)| *up_to <= rank).clamp(1, FAN_OUT.len() - 1);
    let ((r0, n0), (r1, n1)) = (FAN_OUT[after - 1], FAN_OUT[after]);
    n0 + (n1 - n0) * (rank - r0) / (r1 - r0)
}
