//! A cache whose hit ratio is stated.

use super::{Caller, Kind, MOST, Program, StepSpec, Wiring, origin, service};
use crate::plan::{self, ComponentId, EndpointId, Party, Role, Station};
use crate::random::Dist;
use crate::yaml::{Item, Place};

/// An entry under `caches`.
#[derive(Debug)]
pub struct Cache<'a> {
    /// Where it is written.
    pub item: Item<'a>,
    /// `engine`: such as `redis` or `memcached`. Advice is worded for it. Default: none.
    pub engine: Option<String>,
    /// `get`: how long a look-up takes, the network included. Sampled: a bare duration is the mean of an exponential.
    /// Default `{ constant: 0.5ms }`, a Redis point query with its network (published measurements).
    pub get: Option<Dist>,
    /// `set`: how long storing takes. With it a missed answer is stored before the request goes on; without it storing
    /// takes no time.
    pub set: Option<Dist>,
    /// `hit_ratio`: share of look-ups that hit, such as `95%`. Needed by `cached` steps; without it the cache can only be
    /// called.
    pub hit_ratio: Option<(f64, Place)>,
    /// `connections`: look-ups per replica at once; further ones queue as at a database. Default 10,000, Redis's
    /// `maxclients`.
    pub connections: Option<u32>,
    /// `replicas`: how many there are. Default 1.
    pub replicas: Option<u32>,
    declared: Option<Declared>,
}

#[derive(Debug)]
struct Declared {
    component: ComponentId,
    get: EndpointId,
    set: Option<EndpointId>,
}

/// The endpoint that looks up.
pub const GET: &str = "get";
/// The endpoint that stores.
pub(super) const SET: &str = "set";

impl<'a> Cache<'a> {
    /// Reads a cache.
    pub fn read(item: &Item<'a>) -> Option<Cache<'a>> {
        let mut fields = item.fields()?;
        let cache = Cache {
            item: item.clone(),
            engine: fields.optional("engine").and_then(|item| item.text()).map(str::to_owned),
            get: fields.optional(GET).and_then(|item| Dist::read(&item)),
            set: fields.optional(SET).and_then(|item| Dist::read(&item)),
            hit_ratio: fields.optional("hit_ratio").and_then(|item| Some((item.ratio()?, item.place))),
            connections: fields.optional("connections").map(|item| item.whole(1, MOST).unwrap_or(1)),
            replicas: fields.optional("replicas").map(|item| service::replicas(&item)),
            declared: None,
        };
        for later in ["keys", "popularity", "capacity", "ttl"] {
            fields.not_yet(later, "state the share of look-ups that hit: `hit_ratio: 95%`");
        }
        fields.finish();
        Some(cache)
    }
}

impl<'a> Kind<'a> for Cache<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::Cache, self.engine.clone()) else { return };
        let replicas = wiring.or_assume(self.replicas, item, "replicas", 1);
        let connections = wiring.or_assume(self.connections, item, "connections", 10_000);
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            replicas,
            workers: connections,
            workers_word: "connections",
            capacity_path: format!("{}.replicas", item.path),
            origin: origin(item),
            ..Station::default()
        });
        let get = wiring.endpoint(&item.name, GET, station, item);
        let set = self.set.is_some().then(|| wiring.endpoint(&item.name, SET, station, item));
        wiring.default_endpoint(&item.name, get);
        if let Some((hit_ratio, place)) = self.hit_ratio {
            let cache = wiring.builder.cache(plan::Cache { component, hit_ratio });
            wiring.set_cache(&item.name, cache, place);
        }
        self.declared = Some(Declared { component, get, set });
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(Declared { component, get, set }) = self.declared else { return };
        let caller = Caller::service(Party::Component(component), &self.item, 1, Vec::new());
        let default = Dist::Constant(crate::units::SimDuration(500_000));
        Program::write(wiring, &caller, get, &[StepSpec::Work(self.get.clone().unwrap_or(default))]);
        if let (Some(id), Some(time)) = (set, &self.set) {
            Program::write(wiring, &caller, id, &[StepSpec::Work(time.clone())]);
        }
    }
}
