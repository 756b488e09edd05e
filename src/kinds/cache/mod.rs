//! A cache: look-ups that take a connection for a moment, and what it holds.

pub(super) mod contents;

use super::declared;
use super::{Caller, Kind, MOST, Program, StepSpec, Tier, Tiers, Wiring, origin, service};
use crate::plan::{
    self, Clients, ComponentId, Contents, Declarations, EndpointId, Flight, Party, Role, Spread, Station, Store,
    UNLIMITED, Writes,
};
use crate::random::Dist;
use crate::units::SimDuration;
use crate::yaml::{Item, Place};
use contents::{CACHE_SHAPE, Shield};

/// An entry under `caches`; the fields are those of `CACHE_SHAPE`.
#[derive(Debug)]
pub struct Cache<'a> {
    item: Item<'a>,
    declarations: Declarations,
    engine: Option<String>,
    get: Option<Dist>,
    set: Option<Dist>,
    /// What it holds, and where that is written.
    contents: Option<(Contents, Place)>,
    write: Writes,
    must_answer: bool,
    shield: Option<Shield>,
    connections: Option<u32>,
    replicas: Option<u32>,
    declared: Option<Declared>,
}

#[derive(Debug)]
struct Declared {
    component: ComponentId,
    get: EndpointId,
    set: Option<EndpointId>,
    shield: Option<EndpointId>,
}

/// The endpoint that looks up.
pub const GET: &str = "get";
/// The endpoint that stores.
pub(super) const SET: &str = "set";

impl<'a> Cache<'a> {
    /// Reads a cache.
    pub fn read(item: &Item<'a>) -> Option<Cache<'a>> {
        let mut fields = item.shaped(&CACHE_SHAPE)?;
        let engine = fields.optional("engine").and_then(|item| item.text()).map(str::to_owned);
        let get = fields.optional(GET).and_then(|item| Dist::read(&item));
        let set = fields.optional(SET).and_then(|item| Dist::read(&item));
        let connections = fields.optional("connections").map(|item| item.whole(1, MOST).unwrap_or(1));
        let replicas = fields.optional("replicas").map(|item| service::replicas(&item));
        let on_failure = fields.optional("on_failure");
        let must_answer = on_failure.and_then(|item| item.word(&[("miss", false), ("error", true)])).unwrap_or(false);
        let contents = contents::read(&mut fields, replicas.unwrap_or(1));
        let simulated = matches!(contents, Some((Contents::Simulated(_), _)));
        let write = contents::read_write(&mut fields, simulated);
        let shield = fields.optional("shield");
        if let Some(shield) = shield.as_ref().filter(|_| !simulated) {
            shield.problem_at_key("`shield` has no effect without `keys`", "add `keys`, or remove it");
        }
        let shield = shield.and_then(|item| contents::read_shield(&item));
        let declarations = declared::read(&mut fields);
        fields.finish();
        let item = item.clone();
        Some(Cache {
            declarations,
            item,
            engine,
            get,
            set,
            contents,
            write,
            must_answer,
            shield,
            connections,
            replicas,
            declared: None,
        })
    }

    fn declare_shield(&self, wiring: &mut Wiring<'a>, component: ComponentId, own: &Store, shield: &Shield) -> Tier {
        let item = &self.item;
        let station = wiring.builder.station(Station {
            name: format!("{}.shield", item.name),
            component,
            workers: UNLIMITED,
            capacity_path: format!("{}.shield", item.path),
            origin: origin(item),
            ..Station::default()
        });
        let get = wiring.endpoint(&item.name, "shield", station, item);
        let store = Store {
            capacity: shield.capacity,
            ttl: shield.ttl,
            nodes: 1,
            spread: Spread::ByKey,
            flight: Flight::Single,
            stale: SimDuration::ZERO,
            early: None,
            negative: None,
            ..own.clone()
        };
        let contents = Contents::Simulated(store);
        let cache = wiring.builder.cache(plan::Cache { component, station, contents, write: Writes::Invalidate });
        Tier { cache, get, set: None }
    }
}

impl<'a> Kind<'a> for Cache<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::Cache, self.engine.clone(), self.declarations.clone())
        else {
            return;
        };
        let replicas = wiring.or_assume(self.replicas, item, "replicas", 1);
        let connections = wiring.or_assume(self.connections, item, "connections", 10_000);
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            replicas,
            workers: connections,
            workers_word: "connections",
            clients: Some(Clients { most: connections, wait: SimDuration::ZERO }),
            capacity_path: format!("{}.replicas", item.path),
            origin: origin(item),
            ..Station::default()
        });
        let get = wiring.endpoint(&item.name, GET, station, item);
        let set = self.set.is_some().then(|| wiring.endpoint(&item.name, SET, station, item));
        wiring.default_endpoint(&item.name, get);
        let mut shield = None;
        if let Some((contents, place)) = self.contents.clone() {
            let store = if let Contents::Simulated(store) = &contents { Some(store.clone()) } else { None };
            let cache = wiring.builder.cache(plan::Cache { component, station, contents, write: self.write });
            let mut tiers = vec![Tier { cache, get, set }];
            if let (Some(spec), Some(store)) = (&self.shield, &store) {
                let tier = self.declare_shield(wiring, component, store, spec);
                shield = Some(tier.get);
                tiers.push(tier);
            }
            wiring.set_cache(&item.name, Tiers { tiers, must_answer: self.must_answer, place });
        }
        self.declared = Some(Declared { component, get, set, shield });
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(Declared { component, get, set, shield }) = self.declared else { return };
        let caller = Caller::service(Party::Component(component), &self.item, 1, Vec::new());
        let mut write =
            |endpoint, time: &Dist| Program::write(wiring, &caller, endpoint, &[StepSpec::Work(time.clone())]);
        write(get, self.get.as_ref().unwrap_or(&Dist::Constant(SimDuration(500_000))));
        if let (Some(id), Some(time)) = (set, &self.set) {
            write(id, time);
        }
        if let (Some(id), Some(shield)) = (shield, &self.shield) {
            write(id, &shield.get);
        }
    }
}
