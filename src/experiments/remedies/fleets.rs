//! Remedies for replicas: how they stop, are found dead, are scaled, and where they stand.

use super::{Remedy, change};
use crate::experiments::contain::Works;
use crate::measure::ResourceOf;
use crate::plan::{Fleet, Scaling, Signal, Station, StationId, UNLIMITED};
use crate::units::SimDuration;

impl Works<'_, '_> {
    fn path(&self, station: &Station, field: &str) -> String {
        format!("{}.{field}", self.field.graph.plan().components[station.component.index()].origin.path)
    }

    fn with_fleet(&self) -> Vec<(StationId, &Station, &Fleet)> {
        let stations = self.field.graph.plan().stations.iter().enumerate();
        stations.filter_map(|(i, s)| s.fleet.as_deref().map(|fleet| (StationId::new(i), s, fleet))).collect()
    }

    /// Health checks that ask what is behind, and replicas that drop what they do when they are stopped.
    pub(super) fn fleets(&self) -> Vec<Remedy> {
        let graph = self.field.graph;
        let plan = graph.plan();
        let mut found = Vec::new();
        for (_, station, fleet) in self.with_fleet() {
            let name = self.name(station.component);
            if fleet.health.is_some_and(|h| h.deep) {
                let links = graph.links_from(station.component).into_iter();
                let mut behind: Vec<_> =
                    links.map(|link| plan.edges[plan.links[link.index()].edge.index()].to).collect();
                behind.sort();
                behind.dedup();
                for callee in behind {
                    let killed = self.fault(&format!("kill:{}", self.name(callee)), None);
                    let shallow = vec![change(self.path(station, "health_check.depth"), "shallow")];
                    found.extend(killed.map(|fault| Remedy::new("deep-health-check", name, vec![fault], shallow)));
                }
            }
            if fleet.grace == SimDuration::ZERO {
                let grace = |to: &str| change(self.path(station, "grace"), to);
                let deploy = self.fault(&format!("deploy:{name}"), None);
                let changes = vec![grace("5s"), grace("30s")];
                found.extend(deploy.map(|fault| Remedy::new("not-graceful-shutdown", name, vec![fault], changes)));
            }
        }
        found
    }

    /// In a rush of three times the load: autoscalers that look at what is not short, or too late; checks that take out
    /// replicas which are merely busy.
    pub(super) fn scaled(&self) -> Vec<Remedy> {
        let Some(rush) = self.fault("load:3x", None) else { return Vec::new() };
        let mut found = Vec::new();
        for (id, station, fleet) in self.with_fleet() {
            let name = self.name(station.component);
            if let Some(scaling) = fleet.scaling {
                if let Some(other) = self.other_signal(id, station, &scaling) {
                    let to = vec![change(self.path(station, "replicas"), other)];
                    found.push(Remedy::new("autoscaler-wrong-signal", name, vec![rush.clone()], to));
                }
                let mut sooner = Vec::new();
                if scaling.sync > SimDuration::from_secs(5) {
                    sooner.push(change(self.path(station, "replicas.sync"), "5s"));
                }
                let most = station.replicas;
                let min = |times: u32| (scaling.min * times).min(most);
                let more = [min(2), min(3)].into_iter().filter(|n| *n > scaling.min);
                sooner.extend(more.map(|n| change(self.path(station, "replicas.min"), n.to_string())));
                found.push(Remedy::new("autoscaler-too-slow", name, vec![rush.clone()], sooner));
            }
            let mut kinder = Vec::new();
            if fleet.health.is_some_and(|h| h.panic < 0.5) {
                kinder.push(change(self.path(station, "health_check.panic"), "50%"));
                kinder.push(change(self.path(station, "health_check.timeout"), "10s"));
            }
            if fleet.ejection.is_some_and(|e| e.share > 0.1 || e.panic < 0.5) {
                kinder.push(change(self.path(station, "outlier_ejection.panic"), "50%"));
                kinder.push(change(self.path(station, "outlier_ejection.share"), "10%"));
            }
            if !kinder.is_empty() && station.replicas > 1 {
                found.push(Remedy::new("ejects-busy-replicas", name, vec![rush.clone()], kinder));
            }
        }
        found
    }

    /// The rule that follows what is short on a healthy day, if the present one follows something else.
    fn other_signal(&self, id: StationId, station: &Station, scaling: &Scaling) -> Option<String> {
        let used = |of: ResourceOf| self.healthy.resources.iter().find(|r| r.of == of).map_or(0.0, |r| r.utilization);
        let (cpu, workers) = (used(ResourceOf::Cpu(id)), used(ResourceOf::Workers(id)));
        let limited = station.workers != UNLIMITED;
        let target = match scaling.signal {
            Signal::Cpu if limited && workers / ROOM > cpu / scaling.target => {
                format!("concurrency: {}", (ROOM * f64::from(station.workers)).floor().max(1.0))
            }
            Signal::Concurrency if cpu / ROOM > workers * f64::from(station.workers) / scaling.target => {
                format!("cpu: {}%", 100.0 * ROOM)
            }
            _ => return None,
        };
        Some(format!("{{ min: {}, max: {}, {target}, sync: {} }}", scaling.min, station.replicas, scaling.sync))
    }

    /// Replicas that do not divide evenly over their zones: the loss of one zone takes more than its share.
    pub(super) fn zones(&self) -> Vec<Remedy> {
        let one = |(_, station, fleet): (StationId, &Station, &Fleet)| {
            let zones = fleet.zones.count;
            if zones < 2 || station.replicas.is_multiple_of(zones) || fleet.scaling.is_some() {
                return None;
            }
            let lost = self.fault("zone:1", None)?;
            let even = change(self.path(station, "replicas"), station.replicas.next_multiple_of(zones).to_string());
            Some(Remedy::new("zone-imbalance", self.name(station.component), vec![lost], vec![even]))
        };
        self.with_fleet().into_iter().filter_map(one).collect()
    }
}

/// A resource is aimed to be this busy.
const ROOM: f64 = 0.7;
