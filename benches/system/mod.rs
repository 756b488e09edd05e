//! A system of any size, with the shape that has been measured of large ones.
//!
//! Services stand in five layers and call services of deeper layers. To how many is as Meta has published it (USENIX ATC
//! 2023): four to six in the middle, some hundreds for one in a hundred; a few services are called by many. A request
//! touches only some: what an endpoint may call it calls with a probability, so that there are one or two calls a visit
//! however many services there are. Ten services and a thousand thus do the same for a request, and differ in what there
//! is to touch.

mod choice;
mod shape;
mod text;

pub use shape::Shape;

use choice::Choice;
use std::ops::Range;

/// What system is wanted. The same wishes give the same one.
pub struct Wanted {
    /// Ten or more.
    pub services: usize,
    /// Requests in flight, about.
    pub in_flight: f64,
    pub seed: u64,
    /// Services call only one in so many of those they should. A model has at most 500,000 values, so that ten thousand
    /// services cannot be as a thousand are.
    pub one_in: usize,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { services: 1_000, in_flight: 1_000.0, seed: 1, one_in: 1 }
    }
}

/// A generated system.
pub struct System {
    pub services: Vec<Service>,
    /// Requests per second.
    pub rate: f64,
    /// What is asked for, with its share.
    pub mix: Vec<(Target, f64)>,
}

pub struct Service {
    pub endpoints: Vec<Endpoint>,
    /// Workers of each replica.
    pub concurrency: u32,
    /// Nobody is deeper: its callers wait only so long for it.
    pub is_deepest: bool,
}

pub struct Endpoint {
    /// Mean work in microseconds.
    pub work: u32,
    /// What it may call.
    pub calls: Vec<Target>,
    /// Two calls at a time, rather than one after the other.
    pub pairs: bool,
    /// Visits per request to the system.
    pub visits: f64,
}

/// An endpoint of a service, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub service: usize,
    pub endpoint: usize,
}

/// The layers' shares of the services, the entries first (13%, as at Alibaba).
const LAYERS: [f64; 5] = [0.13, 0.27, 0.25, 0.20, 0.15];

pub const REPLICAS: u32 = 3;

/// Calls per visit, where there is anything to call.
const CALLS: f64 = 1.6;

impl System {
    pub fn new(wanted: &Wanted) -> System {
        assert!(wanted.services >= 10, "five layers need ten services");
        let layers = layers(wanted.services);
        let mut services = Choice::new(&layers, wanted).services();
        let entries = &services[layers[0].clone()];
        let mix = mix(entries);
        visits(&mut services, &mix);
        let held = held(&services);
        let per_request: f64 = mix.iter().map(|(to, share)| share * held[to.service][to.endpoint]).sum();
        let rate = (wanted.in_flight / per_request).round().max(1.0);
        for (service, held) in services.iter_mut().zip(&held) {
            let busy: f64 = service.endpoints.iter().zip(held).map(|(e, held)| rate * e.visits * held).sum();
            // Half idle, and a few to spare where there is little to do and much chance.
            service.concurrency = (2.0 * busy / f64::from(REPLICAS)).ceil() as u32 + 4;
        }
        System { services, rate, mix }
    }
}

impl Endpoint {
    /// The probability of each of its calls.
    pub fn chance(&self) -> f64 {
        (CALLS / self.calls.len().max(1) as f64).min(1.0)
    }
}

fn layers(services: usize) -> Vec<Range<usize>> {
    let mut up_to = 0.0;
    let mut from = 0;
    let range = |share: &f64| {
        up_to += share;
        let to = (up_to * services as f64).round() as usize;
        let range = from..to;
        from = to;
        range
    };
    LAYERS.iter().map(range).collect()
}

/// Every endpoint of the entries is asked for, the first ones most.
fn mix(entries: &[Service]) -> Vec<(Target, f64)> {
    let targets = entries
        .iter()
        .enumerate()
        .flat_map(|(service, s)| (0..s.endpoints.len()).map(move |endpoint| Target { service, endpoint }));
    let mut mix: Vec<(Target, f64)> = targets.enumerate().map(|(i, to)| (to, 1.0 / (i + 1) as f64)).collect();
    let sum: f64 = mix.iter().map(|(_, weight)| weight).sum();
    mix.iter_mut().for_each(|(_, weight)| *weight /= sum);
    mix
}

/// Calls lead deeper, so that in the order of the services everybody's visits are known before those they cause.
fn visits(services: &mut [Service], mix: &[(Target, f64)]) {
    for (to, share) in mix {
        services[to.service].endpoints[to.endpoint].visits += share;
    }
    for caller in 0..services.len() {
        for endpoint in 0..services[caller].endpoints.len() {
            let from = &services[caller].endpoints[endpoint];
            let (caused, calls) = (from.visits * from.chance(), from.calls.clone());
            for to in calls {
                services[to.service].endpoints[to.endpoint].visits += caused;
            }
        }
    }
}

/// How long a visit keeps a worker, in seconds. Of two calls side by side the longer one counts, which takes about three
/// quarters of both.
fn held(services: &[Service]) -> Vec<Vec<f64>> {
    let mut held: Vec<Vec<f64>> = services.iter().map(|s| vec![0.0; s.endpoints.len()]).collect();
    for (s, service) in services.iter().enumerate().rev() {
        for (e, endpoint) in service.endpoints.iter().enumerate() {
            let called: f64 = endpoint.calls.iter().map(|to| held[to.service][to.endpoint]).sum();
            let side_by_side = if endpoint.pairs { 0.75 } else { 1.0 };
            held[s][e] = f64::from(endpoint.work) * 1e-6 + endpoint.chance() * side_by_side * called;
        }
    }
    held
}
