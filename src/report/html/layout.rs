//! Where the boxes and arrows of the topology stand: dagre's layers, callers above callees.
//!
//! A large system is grouped: what is busiest or matters for a failure has a box of its own, the rest of each role shares
//! one with those at the same distance from the users, so that the picture stays legible.

use crate::report::Report;
use crate::report::pictures::{Node, Pictures, Wire};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};
use std::collections::{BTreeMap, VecDeque};

/// More boxes than these are grouped.
const MOST_BOXES: usize = 40;
/// Of those that are grouped, so many have boxes of their own,
const OWN_BOXES: usize = 16;
/// so many of them at the same distance from the users.
const OWN_OF_A_LEVEL: usize = 3;
pub(super) const WIDE: f64 = 164.0;
pub(super) const HIGH: f64 = 74.0;
const MARGIN: f64 = 8.0;

/// A picture of the system.
pub(in crate::report) struct Layout {
    pub width: f64,
    pub height: f64,
    pub boxes: Vec<Place>,
    pub arrows: Vec<Arrow>,
    /// Which box each node of the report stands in.
    pub of_node: Vec<usize>,
}

/// A box.
pub(in crate::report) struct Place {
    pub node: Node,
    /// Of how many components.
    pub members: usize,
    /// Its middle.
    pub x: f64,
    pub y: f64,
}

/// An arrow.
pub(in crate::report) struct Arrow {
    pub from: usize,
    pub to: usize,
    pub wire: Wire,
    /// Of how many connections.
    pub members: usize,
    pub points: Vec<(f64, f64)>,
    /// The middle of its words.
    pub label: (f64, f64),
}

impl Arrow {
    /// Its words, a line each.
    pub(in crate::report) fn words(&self) -> Vec<String> {
        let mut lines = vec![format!("{}/s", crate::report::words::number(self.wire.rate_per_s))];
        if self.members > 1 {
            lines.push(format!("{} connections", self.members));
            return lines;
        }
        match self.wire.guards.as_slice() {
            [] if self.wire.dead_letters => lines.insert(0, "dead letters".into()),
            [] if self.wire.delivers => {}
            [] => lines.push("no guard".into()),
            [one, two, rest @ ..] if rest.len() > 1 => {
                lines.extend([one.clone(), two.clone(), format!("+{} more", rest.len())]);
            }
            few => lines.extend(few.iter().cloned()),
        }
        lines
    }
}

/// Lays a report's system out.
pub(in crate::report) fn layout(report: &Report, pictures: &Pictures) -> Layout {
    let (mut boxes, of_node) = grouped(report, pictures);
    let mut arrows = gathered(pictures, &of_node);
    let mut graph: Graph<NodeLabel, EdgeLabel> =
        Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    for i in 0..boxes.len() {
        let label = NodeLabel { width: WIDE, height: HIGH, ..NodeLabel::default() };
        graph.set_node(i.to_string(), Some(label));
    }
    for (i, arrow) in arrows.iter().enumerate() {
        let words = arrow.words();
        let longest = words.iter().map(|w| w.chars().count()).max().unwrap_or(0);
        let label = EdgeLabel {
            width: 6.2 * longest as f64 + 8.0,
            height: 13.0 * words.len() as f64 + 4.0,
            ..EdgeLabel::default()
        };
        graph.set_edge(arrow.from.to_string(), arrow.to.to_string(), Some(label), Some(&i.to_string()));
    }
    let options = LayoutOptions { nodesep: 22.0, edgesep: 14.0, ranksep: 26.0, ..LayoutOptions::default() };
    dagre::layout(&mut graph, Some(options));
    for (i, place) in boxes.iter_mut().enumerate() {
        let label = graph.node(&i.to_string());
        place.x = label.and_then(|l| l.x).unwrap_or(0.0);
        place.y = label.and_then(|l| l.y).unwrap_or(0.0);
    }
    for (i, arrow) in arrows.iter_mut().enumerate() {
        let Some(label) = graph.edge(&arrow.from.to_string(), &arrow.to.to_string(), Some(&i.to_string())) else {
            continue;
        };
        arrow.points = label.points.iter().map(|p| (p.x, p.y)).collect();
        let middle = arrow.points.get(arrow.points.len() / 2).copied().unwrap_or_default();
        arrow.label = (label.x.unwrap_or(middle.0), label.y.unwrap_or(middle.1));
    }
    fitted(boxes, arrows, of_node)
}

/// Moves everything so that it begins at the margin.
fn fitted(mut boxes: Vec<Place>, mut arrows: Vec<Arrow>, of_node: Vec<usize>) -> Layout {
    let corners =
        boxes.iter().flat_map(|b| [(b.x - WIDE / 2.0, b.y - HIGH / 2.0), (b.x + WIDE / 2.0, b.y + HIGH / 2.0)]);
    let labels = arrows.iter().flat_map(|a| {
        let half = a.words().iter().map(|w| w.chars().count()).max().unwrap_or(0) as f64 * 3.4;
        [(a.label.0 - half, a.label.1), (a.label.0 + half, a.label.1)]
    });
    let points: Vec<(f64, f64)> =
        corners.chain(labels).chain(arrows.iter().flat_map(|a| a.points.iter().copied())).collect();
    let least = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    if points.is_empty() {
        return Layout { width: 1.0, height: 1.0, boxes, arrows, of_node };
    }
    let (left, upper) = (least(|p| p.0) - MARGIN, least(|p| p.1) - MARGIN);
    let (width, height) = (most(|p| p.0) - left + MARGIN, most(|p| p.1) - upper + MARGIN);
    for place in &mut boxes {
        (place.x, place.y) = (place.x - left, place.y - upper);
    }
    for arrow in &mut arrows {
        arrow.points.iter_mut().for_each(|p| *p = (p.0 - left, p.1 - upper));
        arrow.label = (arrow.label.0 - left, arrow.label.1 - upper);
    }
    Layout { width, height, boxes, arrows, of_node }
}

/// A box for each node; or for what matters, and for the rest of each role at the same distance from the users.
fn grouped(report: &Report, pictures: &Pictures) -> (Vec<Place>, Vec<usize>) {
    let nodes = &pictures.nodes;
    let own = |node: &Node| Place { node: node.clone(), members: 1, x: 0.0, y: 0.0 };
    if nodes.len() <= MOST_BOXES {
        return (nodes.iter().map(own).collect(), (0..nodes.len()).collect());
    }
    let levels = levels(pictures);
    let kept = kept(report, nodes, &levels);
    let mut groups: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    let rest = || (0..nodes.len()).filter(|i| !kept[*i]);
    rest().for_each(|i| groups.entry((levels[i], nodes[i].role.as_str())).or_default().push(i));
    let mut boxes: Vec<Place> = Vec::new();
    let mut of_node = vec![0; nodes.len()];
    for i in 0..nodes.len() {
        let group = groups.get(&(levels[i], nodes[i].role.as_str())).filter(|_| !kept[i]);
        match group.map(Vec::as_slice) {
            // The first of a group makes its box.
            Some(all) if all.len() > 1 && all[0] == i => {
                all.iter().for_each(|member| of_node[*member] = boxes.len());
                boxes.push(together(nodes, all));
            }
            Some(all) if all.len() > 1 => {}
            _ => {
                of_node[i] = boxes.len();
                boxes.push(own(&nodes[i]));
            }
        }
    }
    (boxes, of_node)
}

/// How many calls it is from the users to each node, at least.
fn levels(pictures: &Pictures) -> Vec<usize> {
    let mut levels: Vec<Option<usize>> = pictures.nodes.iter().map(|n| (n.role == "traffic").then_some(0)).collect();
    let mut open: VecDeque<usize> = (0..levels.len()).filter(|i| levels[*i].is_some()).collect();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); levels.len()];
    pictures.wires.iter().for_each(|wire| below[wire.from].push(wire.to));
    while let Some(i) = open.pop_front() {
        for to in &below[i] {
            if levels[*to].is_none() {
                levels[*to] = levels[i].map(|level| level + 1);
                open.push_back(*to);
            }
        }
    }
    levels.into_iter().map(|level| level.unwrap_or(1)).collect()
}

/// Which nodes have boxes of their own: traffic, what takes part in a failure, and the busiest; few at each level.
fn kept(report: &Report, nodes: &[Node], levels: &[usize]) -> Vec<bool> {
    let busiest = |node: &Node| node.busy.iter().flatten().map(|(_, share)| *share).fold(0.0, f64::max);
    let failing: Vec<&str> = (report.failures.iter().flatten().take(8))
        .flat_map(|f| f.cascade.iter().map(|s| s.component.as_str()).chain([f.fault.target.as_str()]))
        .collect();
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|a, b| {
        let rank = |i: usize| (nodes[i].role == "traffic", failing.contains(&nodes[i].name.as_str()));
        rank(*b).cmp(&rank(*a)).then(busiest(&nodes[*b]).total_cmp(&busiest(&nodes[*a]))).then(a.cmp(b))
    });
    let mut kept = vec![false; nodes.len()];
    let mut at_level: BTreeMap<usize, usize> = BTreeMap::new();
    let mut all = 0;
    for i in order {
        let here = at_level.entry(levels[i]).or_default();
        if *here < OWN_OF_A_LEVEL && all < OWN_BOXES {
            kept[i] = true;
            *here += 1;
            all += 1;
        }
    }
    kept
}

/// One box for several nodes of one role.
fn together(nodes: &[Node], members: &[usize]) -> Place {
    let role = &nodes[members[0]].role;
    let plural = match (role.strip_suffix('y'), role.as_str()) {
        (_, "external API" | "traffic") | (None, _) => format!("{role}s"),
        (Some(stem), _) => format!("{stem}ies"),
    };
    let names: Vec<&str> = members.iter().map(|i| nodes[*i].name.as_str()).collect();
    let mut node = Node {
        name: format!("{} {plural}", members.len()),
        role: role.clone(),
        technology: Some(names.join(", ")),
        ..Node::default()
    };
    members.iter().for_each(|i| merge(&mut node, &nodes[*i]));
    Place { node, members: members.len(), x: 0.0, y: 0.0 }
}

/// The busiest of a group speaks for it.
fn merge(group: &mut Node, node: &Node) {
    group.busy.resize(node.busy.len().max(group.busy.len()), None);
    for (all, one) in group.busy.iter_mut().zip(&node.busy) {
        let busier = one.as_ref().is_some_and(|one| all.as_ref().is_none_or(|all| one.1 > all.1));
        if busier {
            all.clone_from(one);
        }
    }
}

/// One arrow between two boxes, whatever the number of connections; none within a box.
fn gathered(pictures: &Pictures, of_node: &[usize]) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for wire in &pictures.wires {
        let (from, to) = (of_node[wire.from], of_node[wire.to]);
        if from == to && of_node.iter().filter(|b| **b == from).count() > 1 {
            continue;
        }
        match arrows.iter_mut().find(|a| (a.from, a.to) == (from, to)) {
            Some(arrow) => {
                arrow.wire.rate_per_s += wire.rate_per_s;
                arrow.members += 1;
            }
            None => {
                let wire = wire.clone();
                arrows.push(Arrow { from, to, wire, members: 1, points: Vec::new(), label: (0.0, 0.0) });
            }
        }
    }
    arrows
}
