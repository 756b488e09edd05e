//! A cache whose hit ratio is stated.

use super::{Caller, Kind, MOST, Program, StepSpec, Wiring, origin, service};
use crate::plan::{self, ComponentId, EndpointId, Party, Role, Station};
use crate::random::{Dist, TIME};
use crate::yaml::{Field, Item, Place, Shape, Takes};

/// An entry under `caches`; the fields are those of [`CACHE_SHAPE`].
#[derive(Debug)]
pub struct Cache<'a> {
    item: Item<'a>,
    engine: Option<String>,
    get: Option<Dist>,
    set: Option<Dist>,
    hit_ratio: Option<(f64, Place)>,
    connections: Option<u32>,
    replicas: Option<u32>,
    declared: Option<Declared>,
}

/// A cache.
pub static CACHE_SHAPE: Shape = Shape::new(
    "cache",
    "A cache, asked by `cached` steps, or called for a plain look-up.",
    &[
        Field::new("engine", Takes::Text, "Such as `redis` or `memcached`; only words the advice."),
        Field::new(
            "get",
            Takes::Alias(&TIME),
            "How long a look-up takes, the network included. Default a constant 0.5 ms, a Redis point query with its network \
             (published measurements).",
        ),
        Field::new(
            "set",
            Takes::Alias(&TIME),
            "How long storing takes: a missed answer is stored before the request goes on. Default: no time.",
        ),
        Field::new("hit_ratio", Takes::Share, "Share of look-ups that hit. `cached` steps need it."),
        Field::new(
            "connections",
            Takes::Whole(1, MOST),
            "Look-ups per replica at once; further ones wait. Default 10k, Redis's `maxclients`.",
        ),
        Field::new("replicas", Takes::Whole(1, MOST), "How many there are. Default 1."),
    ],
);

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
        let mut fields = item.shaped(&CACHE_SHAPE)?;
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
