//! Who depends on whom: what an endpoint can reach, whom the loss of a component takes down, circles, and gatekeepers.

use super::{Graph, all_links, callees_first};
use crate::plan::{Branch, ComponentId, EdgeId, EndpointId, ForkId, LinkId, Pc, Plan, Step};
use petgraph::algo::{dominators, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

impl Graph<'_> {
    /// The component an endpoint belongs to.
    pub fn component_of(&self, endpoint: EndpointId) -> ComponentId {
        self.plan.stations[self.plan.endpoints[endpoint.index()].station.index()].component
    }

    /// Every component that a request to this endpoint can touch before it is answered, its own included. What
    /// consumers do with its messages later is not part of it.
    pub fn reach(&self, endpoint: EndpointId) -> BTreeSet<ComponentId> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![endpoint];
        while let Some(at) = todo.pop() {
            if seen.insert(at) {
                todo.extend(self.callees(at));
            }
        }
        seen.into_iter().map(|e| self.component_of(e)).collect()
    }

    /// Every edge that a request to this endpoint can use before it is answered.
    pub fn edges_used(&self, endpoint: EndpointId) -> BTreeSet<EdgeId> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![endpoint];
        let mut edges = BTreeSet::new();
        while let Some(at) = todo.pop() {
            if seen.insert(at) {
                let links = all_links(self.plan, self.plan.endpoints[at.index()].entry);
                edges.extend(links.iter().map(|l| self.plan.links[l.index()].edge));
                todo.extend(links.iter().map(|l| self.plan.links[l.index()].to));
            }
        }
        edges
    }

    /// Probability that a run of each endpoint succeeds when every call into `dead` fails at once and nothing else does.
    pub fn survival(&self, dead: ComponentId) -> Vec<f64> {
        self.odds(|endpoint| self.component_of(endpoint) == dead, &[])
    }

    /// The same when every call along these edges fails at once.
    pub fn survival_without(&self, edges: &[EdgeId]) -> Vec<f64> {
        self.odds(|_| false, edges)
    }

    fn odds(&self, dead: impl Fn(EndpointId) -> bool, cut: &[EdgeId]) -> Vec<f64> {
        let mut odds = vec![0.0; self.plan.endpoints.len()];
        for endpoint in callees_first(self.plan, |e| self.callees(e)) {
            if !dead(endpoint) {
                let entry = self.plan.endpoints[endpoint.index()].entry;
                let ok = |link: LinkId| {
                    let link = self.plan.links[link.index()];
                    if cut.contains(&link.edge) { 0.0 } else { odds[link.to.index()] }
                };
                let p = success(self.plan, entry, &ok, &mut BTreeMap::new());
                odds[endpoint.index()] = p;
            }
        }
        odds
    }

    /// Components as nodes, calls and messages as arrows; node i is component i. With `users`, one more node calls what
    /// users call.
    fn components(&self, users: bool) -> DiGraph<(), ()> {
        let plan = self.plan;
        let mut graph = DiGraph::new();
        for _ in &plan.components {
            graph.add_node(());
        }
        let root = users.then(|| graph.add_node(()));
        let mut arrows = BTreeSet::new();
        for endpoint in 0..plan.endpoints.len() {
            let from = self.component_of(EndpointId::new(endpoint)).index();
            for to in self.callees(EndpointId::new(endpoint)) {
                arrows.insert((from, self.component_of(to).index()));
            }
        }
        for (_, link) in plan.sources.iter().flat_map(|s| &s.mix) {
            if let Some(root) = root {
                arrows.insert((root.index(), self.component_of(plan.links[link.index()].to).index()));
            }
        }
        for (from, to) in arrows {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
        graph
    }

    /// Components that call one another in a circle (through different endpoints). With threads, each can hold its
    /// workers while it waits for the other's: a deadlock.
    pub fn circles(&self) -> Vec<Vec<ComponentId>> {
        let graph = self.components(false);
        let mut circles: Vec<Vec<ComponentId>> = kosaraju_scc(&graph)
            .into_iter()
            .filter(|group| group.len() > 1 || graph.contains_edge(group[0], group[0]))
            .map(|group| {
                let mut members: Vec<ComponentId> = group.into_iter().map(|n| ComponentId::new(n.index())).collect();
                members.sort();
                members
            })
            .collect();
        circles.sort();
        circles
    }

    /// The components through which all calls of users to `component` pass (its dominators), nearest first, itself
    /// excluded. Empty when users do not reach it by calls.
    pub fn gatekeepers(&self, component: ComponentId) -> Vec<ComponentId> {
        let graph = self.components(true);
        let root = NodeIndex::new(self.plan.components.len());
        let all = dominators::simple_fast(&graph, root);
        let strict = all.strict_dominators(NodeIndex::new(component.index()));
        strict.into_iter().flatten().filter(|n| *n != root).map(|n| ComponentId::new(n.index())).collect()
    }

    /// The edges over which calls leave a component, with the links on each, in the plan's order.
    pub fn links_from(&self, component: ComponentId) -> Vec<LinkId> {
        let mut links = BTreeSet::new();
        for (i, endpoint) in self.plan.endpoints.iter().enumerate() {
            if self.component_of(EndpointId::new(i)) == component {
                links.extend(all_links(self.plan, endpoint.entry));
            }
        }
        for topic in self.plan.topics.iter().filter(|t| t.component == component) {
            links.extend(topic.consumers.iter().map(|c| c.link));
        }
        links.into_iter().collect()
    }

    /// The edges into a component, users' included, in the plan's order.
    pub fn edges_into(&self, component: ComponentId) -> Vec<crate::plan::EdgeId> {
        let edges = self.plan.edges.iter().enumerate();
        edges.filter(|(_, e)| e.to == component).map(|(i, _)| crate::plan::EdgeId::new(i)).collect()
    }
}

/// Probability that a call along a link succeeds.
type Odds<'a> = &'a dyn Fn(LinkId) -> f64;

/// Probability that the program succeeds from this step on.
fn success(plan: &Plan, pc: Pc, odds: Odds, memo: &mut BTreeMap<Pc, f64>) -> f64 {
    if pc == Pc::FAIL {
        return 0.0;
    }
    if let Some(known) = memo.get(&pc) {
        return *known;
    }
    let next = Pc(pc.0 + 1);
    let mut go = |to: Pc| success(plan, to, odds, memo);
    let p = match plan.steps[pc.index()] {
        Step::Call { link, failed } => mix(odds(link), next, failed, &mut go),
        Step::Fork { fork, failed } => {
            let ok = fork_success(plan, fork, odds, &mut go);
            mix(ok, next, failed, &mut go)
        }
        Step::Error => 0.0,
        Step::Return | Step::Again { .. } => 1.0,
        Step::Repeat { times, end } => {
            let body = go(next);
            libm::pow(body, times.mean()) * go(end)
        }
        // Every other step passes the odds of its successors on, each with its probability.
        _ => super::flow::successors(plan, pc, &|_, _| false).into_iter().map(|(to, share)| share * go(to)).sum(),
    };
    memo.insert(pc, p);
    p
}

fn mix(ok: f64, next: Pc, failed: Pc, go: &mut dyn FnMut(Pc) -> f64) -> f64 {
    let succeeded = if ok > 0.0 { ok * go(next) } else { 0.0 };
    let saved = if ok < 1.0 { (1.0 - ok) * go(failed) } else { 0.0 };
    succeeded + saved
}

/// Probability that at least as many branches succeed as the fork needs, by adding one branch after the other.
fn fork_success(plan: &Plan, fork: ForkId, odds: Odds, go: &mut dyn FnMut(Pc) -> f64) -> f64 {
    let fork = &plan.forks[fork.index()];
    let mut successes = vec![1.0];
    for branch in &fork.branches {
        let p = match branch {
            Branch::Call(link) => odds(*link),
            Branch::Program(at) => go(*at),
        };
        let mut next = vec![0.0; successes.len() + 1];
        for (n, odds) in successes.iter().enumerate() {
            next[n] += odds * (1.0 - p);
            next[n + 1] += odds * p;
        }
        successes = next;
    }
    successes.iter().skip(fork.need as usize).sum()
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, samples};

    #[test]
    fn survival_knows_fallbacks_and_alternatives() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let home = plan.endpoint("web.home").unwrap().index();
        let lost = |name: &str| 1.0 - graph.survival(plan.component(name).unwrap())[home];
        assert_eq!(lost("web"), 1.0);
        assert_eq!(lost("ads"), 0.0, "their failure is ignored");
        assert_eq!(lost("shop"), 1.0);
        // Half of the lists need the query; without the second list the page stands.
        assert!((lost("db") - 0.5).abs() < 1e-12);
        let cut = |edge: &str| 1.0 - graph.survival_without(&[plan.edge(edge).unwrap()])[home];
        assert_eq!((cut("web>ads"), cut("web>shop")), (0.0, 1.0));
        assert!((cut("shop>db") - 0.5).abs() < 1e-12);
        assert!(!graph.edges_used(plan.endpoint("shop.list").unwrap()).contains(&plan.edge("web>ads").unwrap()));
    }

    #[test]
    fn reach_and_gatekeepers_follow_the_calls() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let id = |name: &str| plan.component(name).unwrap();
        let home = plan.endpoint("web.home").unwrap();
        assert_eq!(graph.reach(home).len(), 4);
        assert_eq!(graph.gatekeepers(id("db")), [id("shop"), id("web")]);
        assert!(graph.gatekeepers(id("web")).is_empty());
        assert!(graph.circles().is_empty());
    }

    #[test]
    fn visits_follow_the_programs() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let runs = |name: &str| graph.visits().endpoints[plan.endpoint(name).unwrap().index()];
        assert_eq!(
            (runs("web.home"), runs("shop.list"), runs("ads.get"), runs("db.query")),
            (100.0, 200.0, 100.0, 100.0)
        );
    }
}
