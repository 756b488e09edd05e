//! Remedies for more traffic than there is room for: turning some of it away.

use super::{Remedy, Spares, Supposition, change};
use crate::experiments::contain::Works;
use crate::experiments::usage::{SATURATED, giving_out, usages};
use crate::graph::Resource;
use crate::plan::{Admission, Arrivals, UNLIMITED};
use crate::units::{SimDuration, show_rate};

/// How long a rush lasts.
const RUSH: SimDuration = SimDuration::from_secs(20);

impl Works<'_, '_> {
    /// In a rush of half more than there is room for: what the service that gives out could turn away.
    pub(super) fn overload(&self) -> Vec<Remedy> {
        let graph = self.field.graph;
        let bound = graph.bound();
        let load = 1.5 * bound.max(1.0);
        if !bound.is_finite() || load > MOST {
            return Vec::new();
        }
        let Some(rush) = self.fault(&format!("load:{load:.1}x"), Some(RUSH)) else { return Vec::new() };
        let Some(run) = self.all_along(&rush) else { return Vec::new() };
        let full = giving_out(graph, &usages(graph, &graph.bounds(), &run));
        let service = full.iter().filter(|u| u.utilization >= SATURATED).find_map(|u| match u.resource {
            Resource::Cpu(s) | Resource::Workers(s) => {
                let station = &graph.plan().stations[s.index()];
                let component = &graph.plan().components[station.component.index()];
                component.origin.path.starts_with("services.").then_some((station, component))
            }
            _ => None,
        });
        let Some((station, component)) = service else { return Vec::new() };
        if station.admission != Admission::default() || station.queue == 0 {
            return Vec::new();
        }
        let set = |field: &str, to: String| change(format!("{}.{field}", component.origin.path), to);
        let limit = if station.queue == UNLIMITED { "unlimited".into() } else { station.queue.to_string() };
        let changes = vec![
            set("queue", format!("{{ limit: {limit}, max_wait: 200ms }}")),
            set("queue", format!("{{ limit: {limit}, order: adaptive_lifo, codel: {{}} }}")),
            set("load_shedding", "{}".into()),
        ];
        vec![Remedy::new("missing-load-shedding", &component.name, vec![rush], changes)]
    }

    /// Should one source of traffic come ten times as often: a limit to it, for the sake of the others.
    pub(super) fn tenants(&self) -> Vec<Remedy> {
        let sources = &self.field.graph.plan().sources;
        if sources.len() < 2 {
            return Vec::new();
        }
        let one = |(i, source): (usize, &crate::plan::Source)| {
            let (Arrivals::Poisson(rate) | Arrivals::Constant(rate)) = source.arrivals else { return None };
            let limited = source.mix.iter().any(|(_, link)| {
                let edge = self.field.graph.plan().links[link.index()].edge;
                self.field.graph.plan().edges[edge.index()].rate_limit.is_some()
            });
            if limited || source.profile.is_some() {
                return None;
            }
            let path = |field: &str| format!("{}.{field}", source.origin.path);
            let spike = format!("{{ spike: {{ to: 10x, at: {}, for: {RUSH} }} }}", self.drill.at);
            let limit = change(path("rate_limit"), show_rate(2.0 * rate));
            let mut remedy = Remedy::new("rate-limit-missing", &source.name, Vec::new(), vec![limit]);
            let words = format!("ten times as many requests of {}", source.name);
            remedy.given = Some(Supposition { words, changes: vec![change(path("shape"), spike)] });
            remedy.spares = Spares::OthersRequests(i);
            Some(remedy)
        };
        sources.iter().enumerate().filter_map(one).collect()
    }
}

/// No rush is tried beyond this multiple of the load: it would say nothing of the days to come.
const MOST: f64 = 20.0;
