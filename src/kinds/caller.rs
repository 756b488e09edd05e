//! Who calls, with the policies it has for what it calls.

use super::{Policy, Target, Wiring, origin};
use crate::plan::{Edge, EdgeId, EndpointId, LinkId, Party};
use crate::yaml::{Item, path_key};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// A party that calls others.
#[derive(Debug)]
pub struct Caller<'a> {
    /// In the plan.
    party: Party,
    /// Its name in the model.
    name: String,
    /// Its instances: each has pools, permits, breakers and budgets of its own.
    instances: u32,
    policies: Policies<'a>,
    /// The edges it has so far, by the name of the callee.
    edges: RefCell<BTreeMap<String, EdgeId>>,
}

#[derive(Debug)]
enum Policies<'a> {
    /// One for each callee, and the path of the map they stand in.
    Dependencies(Vec<Dependency<'a>>, String),
    /// One for all, among the caller's own fields.
    InPlace(Box<Policy<'a>>, Item<'a>),
}

/// A policy towards a component, or towards one of its endpoints.
#[derive(Debug)]
pub struct Dependency<'a> {
    /// `payments` or `payments.charge`.
    pub target: Target<'a>,
    /// How it is treated.
    pub policy: Policy<'a>,
    used: Cell<bool>,
}

impl<'a> Dependency<'a> {
    /// Reads the map `dependencies`.
    pub fn read_all(item: &Item<'a>) -> Vec<Dependency<'a>> {
        let read = |entry: Item<'a>| {
            let policy = Policy::read(&entry)?;
            Some(Dependency { target: Target::of_key(entry), policy, used: Cell::new(false) })
        };
        item.entries().into_iter().filter_map(read).collect()
    }
}

/// What governs a call: the policy, the callee's name in it, and where it is or would be written.
struct Governing<'a> {
    policy: Policy<'a>,
    callee: String,
    written: Option<Item<'a>>,
    path: String,
}

impl<'a> Caller<'a> {
    /// A service, with the policies under its `dependencies`.
    pub fn service(party: Party, service: &Item<'a>, instances: u32, dependencies: Vec<Dependency<'a>>) -> Caller<'a> {
        let path = format!("{}.dependencies", service.path);
        Caller::new(party, &service.name, instances, Policies::Dependencies(dependencies, path))
    }

    /// A source or a consumer, with one policy for all it calls, written in place.
    pub fn in_place(party: Party, name: &str, item: &Item<'a>, policy: Policy<'a>) -> Caller<'a> {
        Caller::new(party, name, 1, Policies::InPlace(Box::new(policy), item.clone()))
    }

    fn new(party: Party, name: &str, instances: u32, policies: Policies<'a>) -> Caller<'a> {
        Caller { party, name: name.into(), instances, policies, edges: RefCell::default() }
    }

    /// The link to an endpoint, and the policy that governs it. `call` is where it is called.
    pub fn link(&self, wiring: &mut Wiring<'a>, to: EndpointId, call: &Item<'a>) -> (LinkId, Policy<'a>) {
        let plan = wiring.builder.plan();
        let endpoint = plan.endpoints[to.index()].name.clone();
        let component = plan.stations[plan.endpoints[to.index()].station.index()].component;
        let governing = self.governing(&plan.components[component.index()].name, &endpoint);
        let known = self.edges.borrow().get(&governing.callee).copied();
        let edge = known.unwrap_or_else(|| {
            let policy = &governing.policy;
            let edge = Edge {
                name: wiring.edge_name(&self.name, &governing.callee, &endpoint),
                from: self.party,
                to: component,
                instances: self.instances,
                network: policy.network.clone().flatten().map(|dist| wiring.builder.dist(dist)),
                loss: policy.loss.flatten().unwrap_or(0.0),
                pool: policy.pool.as_ref().and_then(|pool| pool.as_ref()).map(|pool| pool.size),
                pool_line: policy
                    .pool
                    .as_ref()
                    .and_then(|pool| pool.as_ref())
                    .map_or(Edge::default().pool_line, |p| p.line),
                connect: policy.pool.clone().flatten().and_then(|p| p.connect).map(|dist| wiring.builder.dist(dist)),
                timeout: policy.timeout.flatten(),
                deadline: policy.deadline.flatten(),
                propagate_deadline: policy.propagate_deadline.unwrap_or(false),
                cancellation: policy.cancellation.unwrap_or(false),
                hedge: policy.hedge.flatten(),
                throttle: policy.throttle.flatten(),
                admission_control: policy.admission_control.flatten(),
                rate_limit: policy.rate_limit.flatten(),
                kill_switch: policy.kill_switch.flatten(),
                retry: policy.retry.clone().flatten(),
                breaker: policy.circuit_breaker.clone().flatten(),
                bulkhead: policy.bulkhead.flatten().map(|(calls, _)| calls),
                bulkhead_line: policy.bulkhead.flatten().map_or(Edge::default().bulkhead_line, |(_, line)| line),
                idempotent: policy.idempotent.unwrap_or(false),
                optional: policy.optional.unwrap_or(false),
                fallback: matches!(policy.fallback, Some(Some(_))),
                inside: false,
                origin: origin(governing.written.as_ref().unwrap_or(call)),
                policy_path: governing.path,
            };
            let id = wiring.builder.edge(edge);
            self.edges.borrow_mut().insert(governing.callee, id);
            id
        });
        (wiring.builder.link(edge, to), governing.policy)
    }

    /// The link to a query of a transaction: over the same network and with the same patience, on the connection that is held.
    pub fn link_inside(&self, wiring: &mut Wiring<'a>, to: EndpointId, call: &Item<'a>) -> (LinkId, Policy<'a>) {
        let plan = wiring.builder.plan();
        let endpoint = plan.endpoints[to.index()].name.clone();
        let component = plan.stations[plan.endpoints[to.index()].station.index()].component;
        let governing = self.governing(&plan.components[component.index()].name, &endpoint);
        let callee = format!("{} in transaction", governing.callee);
        let known = self.edges.borrow().get(&callee).copied();
        let edge = known.unwrap_or_else(|| {
            let policy = &governing.policy;
            let edge = Edge {
                name: wiring.edge_name(&self.name, &callee, &format!("{endpoint} in transaction")),
                from: self.party,
                to: component,
                instances: self.instances,
                network: policy.network.clone().flatten().map(|dist| wiring.builder.dist(dist)),
                loss: policy.loss.flatten().unwrap_or(0.0),
                timeout: policy.timeout.flatten(),
                inside: true,
                origin: origin(governing.written.as_ref().unwrap_or(call)),
                policy_path: governing.path,
                ..Edge::default()
            };
            let id = wiring.builder.edge(edge);
            self.edges.borrow_mut().insert(callee, id);
            id
        });
        (wiring.builder.link(edge, to), Policy::default())
    }

    fn governing(&self, component: &str, endpoint: &str) -> Governing<'a> {
        let (list, path) = match &self.policies {
            Policies::InPlace(policy, item) => {
                let path = item.path.clone();
                let policy = (**policy).clone();
                return Governing { policy, callee: component.into(), written: Some(item.clone()), path };
            }
            Policies::Dependencies(list, path) => (list, path),
        };
        let find = |name: &str| {
            let found = list.iter().find(|d| d.target.text == name);
            found.inspect(|d| d.used.set(true))
        };
        match (find(endpoint), find(component)) {
            (Some(own), general) => {
                let general = general.map_or_else(Policy::default, |d| d.policy.clone());
                let policy = own.policy.clone().inherit(&general);
                Governing::written(policy, endpoint, &own.target.item)
            }
            (None, Some(general)) => Governing::written(general.policy.clone(), component, &general.target.item),
            (None, None) => {
                let path = format!("{path}.{}", path_key(component));
                Governing { policy: Policy::default(), callee: component.into(), written: None, path }
            }
        }
    }

    /// Notes that something of a component is called, though it could not be found: its policies are not to blame.
    pub fn called_in_vain(&self, target: &Target<'a>) {
        let Policies::Dependencies(list, _) = &self.policies else { return };
        for dependency in list.iter().filter(|d| d.target.component() == target.component()) {
            dependency.used.set(true);
        }
    }

    /// Reports policies by which nothing is called: they would have no effect.
    pub fn report_unused(&self, wiring: &Wiring<'a>) {
        let Policies::Dependencies(list, _) = &self.policies else { return };
        for dependency in list.iter().filter(|d| !d.used.get()) {
            let target = &dependency.target;
            if wiring.names(target) {
                let message = format!("nothing in `{}` calls `{}`", self.name, target.text);
                let hint = "a policy without a call has no effect: remove it, or add the call";
                target.item.problem_at_key(message, hint);
            }
        }
    }
}

impl<'a> Governing<'a> {
    fn written(policy: Policy<'a>, callee: &str, item: &Item<'a>) -> Governing<'a> {
        Governing { policy, callee: callee.into(), path: item.path.clone(), written: Some(item.clone()) }
    }
}
