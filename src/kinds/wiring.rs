//! What is known while a model is wired: the names, the plan in the making, and what was assumed.

use super::{Target, check_name, origin};
use crate::plan::{Builder, CacheId, Component, ComponentId, Declarations, EndpointId, Role, StationId, TopicId};
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
        let named = Named { role, endpoints: Vec::new(), default: None, topic: None, cache: None };
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
