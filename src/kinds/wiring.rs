//! What is known while a model is wired: the names, the plan in the making, and what was assumed.

use super::{Target, check_name, origin};
use crate::plan::{
    Builder, CacheId, Component, ComponentId, Declarations, EndpointId, LockId, Role, StationId, Step, TopicId,
};
use crate::yaml::{Item, Place, Problem, did_you_mean, list};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// A model in the making.
#[derive(Debug, Default)]
pub struct Wiring<'a> {
    /// The plan so far.
    pub builder: Builder,
    /// Capacities nobody wrote, such as `services.web.queue = 100`.
    pub assumed: Vec<String>,
    /// Who calls whom and waits for the answer, and where that is written.
    pub calls: Vec<(EndpointId, EndpointId, Item<'a>)>,
    components: BTreeMap<String, Named>,
    /// Names of components and sources, with the word for what they are and where they stand.
    taken: BTreeMap<String, (&'static str, Place)>,
    edge_names: BTreeSet<String>,
}

#[derive(Debug)]
struct Named {
    role: Role,
    /// In the order of the file, by the name behind the dot.
    endpoints: Vec<(String, EndpointId)>,
    /// What a bare name calls though there are several.
    default: Option<EndpointId>,
    topic: Option<TopicId>,
    cache: Option<Tiers>,
    /// Where a transaction begins, for a database: its primary, whether it can hold one, and the endpoint if there is one.
    primary: Option<(StationId, bool)>,
    transaction: Option<EndpointId>,
    /// Rows that can be locked.
    locks: Vec<(String, LockId, Place)>,
}

/// A cache that `cached` steps can ask, with the tiers behind it.
#[derive(Clone, Debug)]
pub struct Tiers {
    /// Asked one after the other.
    pub tiers: Vec<Tier>,
    /// A look-up that fails fails the request, instead of being a miss.
    pub must_answer: bool,
    /// Where what it holds is written.
    pub place: Place,
}

/// One tier of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Tier {
    /// In the plan.
    pub cache: CacheId,
    /// Its look-up.
    pub get: EndpointId,
    /// Storing, where that takes time.
    pub set: Option<EndpointId>,
}

impl<'a> Wiring<'a> {
    /// Declares a component; `None` when its name is taken or impossible.
    pub fn component(
        &mut self,
        item: &Item<'a>,
        role: Role,
        technology: Option<String>,
        declared: Declarations,
    ) -> Option<ComponentId> {
        if !self.take_name(item, role.word()) {
            return None;
        }
        let component = Component { name: item.name.clone(), role, technology, declared, origin: origin(item) };
        let component = self.builder.component(component);
        let named = Named {
            role,
            endpoints: Vec::new(),
            default: None,
            topic: None,
            cache: None,
            primary: None,
            transaction: None,
            locks: Vec::new(),
        };
        self.components.insert(item.name.clone(), named);
        Some(component)
    }

    /// Takes a name for a component or a source; `word` says what it is.
    pub fn take_name(&mut self, item: &Item<'a>, word: &'static str) -> bool {
        if !check_name(item) {
            return false;
        }
        if let Some((other, place)) = self.taken.get(&item.name) {
            let message = format!("`{}` is already the name of a {other}", item.name);
            let label = format!("the {other} is in line {}", place.line);
            let hint = "give one of them another name: a name says what is called";
            item.problems().push(Problem::at(item.place, message).label(label).hint(hint));
            return false;
        }
        self.taken.insert(item.name.clone(), (word, item.place));
        true
    }

    /// Declares an endpoint of a component.
    pub fn endpoint(&mut self, component: &str, name: &str, station: StationId, item: &Item<'a>) -> EndpointId {
        let id = self.builder.endpoint(format!("{component}.{name}"), station, origin(item));
        if let Some(named) = self.components.get_mut(component) {
            named.endpoints.push((name.into(), id));
        }
        id
    }

    /// What a bare name calls, for a component with several endpoints.
    pub fn default_endpoint(&mut self, component: &str, endpoint: EndpointId) {
        if let Some(named) = self.components.get_mut(component) {
            named.default = Some(endpoint);
        }
    }

    /// The topic behind a queue.
    pub fn set_topic(&mut self, component: &str, topic: TopicId) {
        if let Some(named) = self.components.get_mut(component) {
            named.topic = Some(topic);
        }
    }

    /// What a cache holds.
    pub fn set_cache(&mut self, component: &str, tiers: Tiers) {
        if let Some(named) = self.components.get_mut(component) {
            named.cache = Some(tiers);
        }
    }

    /// Where transactions of a database begin; not `whole`: there can be none.
    pub fn set_primary(&mut self, component: &str, primary: StationId, whole: bool) {
        if let Some(named) = self.components.get_mut(component) {
            named.primary = Some((primary, whole));
        }
    }

    /// Declares rows of a database.
    pub fn add_lock(&mut self, component: &str, item: &Item<'a>, lock: LockId) {
        if let Some(named) = self.components.get_mut(component) {
            named.locks.push((item.name.clone(), lock, item.place));
        }
    }

    /// Every set of rows, and where it is written.
    pub fn locks(&self) -> impl Iterator<Item = (LockId, Place)> {
        self.components.values().flat_map(|named| named.locks.iter().map(|(_, lock, place)| (*lock, *place)))
    }

    /// Every cache that holds something, with its name.
    pub fn caches(&self) -> impl Iterator<Item = (&str, &Tiers)> {
        self.components.iter().filter_map(|(name, named)| Some((name.as_str(), named.cache.as_ref()?)))
    }

    /// What is written, else the default, which is then noted as assumed.
    pub fn or_assume<T: Display>(&mut self, written: Option<T>, item: &Item<'a>, field: &str, default: T) -> T {
        written.unwrap_or_else(|| {
            self.assumed.push(format!("{}.{field} = {default}", item.path));
            default
        })
    }

    /// The endpoint a name stands for; reports what it cannot find.
    pub fn resolve(&self, target: &Target<'a>) -> Option<EndpointId> {
        let named = self.find(target)?;
        let Some(name) = target.endpoint() else {
            return match (named.default, named.endpoints.as_slice()) {
                (Some(default), _) => Some(default),
                (None, [(_, only)]) => Some(*only),
                // A component without endpoints has been reported where it stands.
                (None, []) => None,
                (None, several) => {
                    let names: Vec<String> = several.iter().map(|(e, _)| format!("{}.{e}", target.text)).collect();
                    let hint = format!("write one of {}", list(names.iter().map(String::as_str)));
                    target.problem(format!("`{}` has several endpoints", target.text), hint);
                    None
                }
            };
        };
        let found = named.endpoints.iter().find(|(e, _)| e == name).map(|(_, id)| *id);
        if found.is_none() {
            let names = || named.endpoints.iter().map(|(e, _)| e.as_str());
            let component = target.component();
            let hint = match did_you_mean(name, names()) {
                Some(near) => format!("did you mean `{component}.{near}`?"),
                None => format!("`{component}` has {}", list(names())),
            };
            target.problem(format!("`{component}` has no endpoint `{name}`"), hint);
        }
        found
    }

    /// Whether a name stands for a component or one of its endpoints; reports it if not.
    pub fn names(&self, target: &Target<'a>) -> bool {
        match target.endpoint() {
            Some(_) => self.resolve(target).is_some(),
            None => self.find(target).is_some(),
        }
    }

    fn find(&self, target: &Target<'a>) -> Option<&Named> {
        let component = target.component();
        let found = self.components.get(component);
        if found.is_none() {
            let names = || self.components.keys().map(String::as_str);
            let hint = match did_you_mean(component, names()) {
                Some(near) => format!("did you mean `{}`?", target.text.replacen(component, near, 1)),
                None if self.components.is_empty() => "the model has no component yet: add `services:`".into(),
                None => format!("the model has {}", list(names())),
            };
            target.problem(format!("there is no `{component}`"), hint);
        }
        found
    }

    /// What a component is.
    pub fn role(&self, name: &str) -> Option<Role> {
        self.components.get(name).map(|named| named.role)
    }

    /// The queue a name stands for; reports anything else.
    pub fn queue(&self, target: &Target<'a>) -> Option<(TopicId, EndpointId)> {
        let named = self.find(target)?;
        let Some(topic) = named.topic else {
            let what = named.role.word();
            target.problem(format!("`{}` is a {what}, not a queue", target.text), "write the name of a queue");
            return None;
        };
        self.resolve(target).map(|publish| (topic, publish))
    }

    /// The cache a name stands for and its endpoint `get`; reports anything else. With what it holds, if it says so.
    pub fn cache(&self, target: &Target<'a>) -> Option<(EndpointId, Option<Tiers>)> {
        let named = self.find(target)?;
        if named.role != Role::Cache {
            let what = named.role.word();
            target.problem(format!("`{}` is a {what}, not a cache", target.text), "write the name of a cache");
            return None;
        }
        self.resolve(target).map(|get| (get, named.cache.clone()))
    }

    /// The database a name stands for, and where its transactions begin; reports anything else.
    pub fn transaction(&mut self, target: &Target<'a>) -> Option<(ComponentId, EndpointId)> {
        let named = self.find(target)?;
        let (Some((primary, whole)), None) = (named.primary, target.endpoint()) else {
            let what = named.role.word();
            target.problem(format!("`{}` is no database but a {what}", target.text), "write the name of a database");
            return None;
        };
        if !whole {
            let hint = "use `mode: transaction`, or do its queries by themselves";
            target.problem("a pooler in mode `statement` allows no transaction", hint);
        }
        let component = self.builder.plan().stations[primary.index()].component;
        if let Some(begun) = named.transaction {
            return Some((component, begun));
        }
        let name = format!("{}.transaction", target.text);
        if named.endpoints.iter().any(|(query, _)| query == "transaction") {
            target.problem(
                format!("there is a query `{name}`"),
                "give the query another name: transactions are called so",
            );
            return None;
        }
        let origin = self.builder.plan().components[component.index()].origin.clone();
        let begun = self.builder.endpoint(name, primary, origin);
        self.components.get_mut(target.component())?.transaction = Some(begun);
        Some((component, begun))
    }

    /// Writes what a server does when a transaction begins and ends.
    pub fn write_transactions(&mut self) {
        for begun in self.components.values().filter_map(|named| named.transaction) {
            self.builder.begin(begun);
            for step in [Step::Hold, Step::Settle, Step::Return] {
                self.builder.emit(step);
            }
        }
    }

    /// The rows a name stands for; reports anything else.
    pub fn lock(&self, target: &Target<'a>) -> Option<LockId> {
        let named = self.find(target)?;
        let name = target.endpoint().unwrap_or_default();
        let found = named.locks.iter().find(|(rows, ..)| rows == name).map(|(_, lock, _)| *lock);
        if found.is_none() {
            let component = target.component();
            let hint = match named.locks.first() {
                Some((first, ..)) => {
                    let near = did_you_mean(name, named.locks.iter().map(|(rows, ..)| rows.as_str())).unwrap_or(first);
                    format!("did you mean `{component}.{near}`?")
                }
                None => format!(
                    "add for instance `locks: {{ stock: {{ keys: 1000 }} }}` to the database, and write `{component}.stock`"
                ),
            };
            target.problem(format!("`{component}` has no rows `{name}`"), hint);
        }
        found
    }

    /// The endpoint of a component by its name, without any report.
    pub fn endpoint_of(&self, component: &str, endpoint: &str) -> Option<EndpointId> {
        let named = self.components.get(component)?;
        named.endpoints.iter().find(|(name, _)| name == endpoint).map(|(_, id)| *id)
    }

    /// A name for an edge that no other has: `orders>payments`; where two consumers of one queue call the same callee,
    /// the second is `order-events>mailer.send`.
    pub fn edge_name(&mut self, caller: &str, callee: &str, endpoint: &str) -> String {
        let first = format!("{caller}>{callee}");
        let second = format!("{caller}>{endpoint}");
        let numbered = (2..).map(|n| format!("{second}#{n}"));
        let mut names = [first, second.clone()].into_iter().chain(numbered);
        let free = names.find(|name| !self.edge_names.contains(name)).unwrap_or(second);
        self.edge_names.insert(free.clone());
        free
    }
}
