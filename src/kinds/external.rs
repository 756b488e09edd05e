//! Somebody else's API: a latency, an availability and perhaps a quota; its capacity is not our concern.

use super::{Caller, Kind, Program, StepSpec, Wiring, check_name, origin, service};
use crate::plan::{ComponentId, EndpointId, Party, Role, Station, UNLIMITED};
use crate::policies::RateLimit;
use crate::random::Dist;
use crate::yaml::{Fields, Item};

/// An entry under `external`.
#[derive(Debug)]
pub struct External<'a> {
    /// Where it is written.
    pub item: Item<'a>,
    /// `availability`: share of calls that are not answered with an error. Default 100%.
    pub availability: f64,
    /// `rate_limit`: calls beyond it are refused: `100/s` or `{ rate: 100/s, burst: 20 }`. Default: no limit.
    pub rate_limit: Option<RateLimit>,
    /// `latency`: how long it takes to answer, the network included. Sampled: a bare duration is the mean of an
    /// exponential. With `endpoints: { charge: 200ms, refund: { p50: 1s, p99: 3s } }` each has its own; an endpoint
    /// without one takes `latency`. Without `endpoints` there is one, named `call`.
    pub endpoints: Vec<(String, Item<'a>, Dist)>,
    declared: Option<(ComponentId, Vec<EndpointId>)>,
}

impl<'a> External<'a> {
    /// Reads an external API.
    pub fn read(item: &Item<'a>) -> Option<External<'a>> {
        let mut fields = item.fields()?;
        let availability = fields.optional("availability").and_then(|item| item.ratio()).unwrap_or(1.0);
        let rate_limit = fields.optional("rate_limit").and_then(|item| RateLimit::read(&item));
        let endpoints = read_endpoints(&mut fields);
        fields.finish();
        Some(External { item: item.clone(), availability, rate_limit, endpoints, declared: None })
    }
}

fn read_endpoints<'a>(fields: &mut Fields<'a>) -> Vec<(String, Item<'a>, Dist)> {
    let endpoints = fields.optional("endpoints");
    let latency_item = match &endpoints {
        Some(_) => fields.optional("latency"),
        None => fields.required("latency", "latency: { p50: 120ms, p99: 900ms }"),
    };
    let latency = latency_item.as_ref().and_then(Dist::read);
    let Some(endpoints) = endpoints else {
        let item = (**fields).clone();
        let only = (service::ONLY.to_owned(), item, latency.unwrap_or(Dist::Constant(Default::default())));
        return vec![only];
    };
    let entries = endpoints.entries();
    let inherits = |item: &Item<'a>| item.node.value == crate::yaml::Value::Null;
    if let Some(item) = latency_item.filter(|_| !entries.iter().any(inherits)) {
        item.problem_at_key(
            "`latency` has no effect: every endpoint has its own",
            "remove it, or leave an endpoint's empty",
        );
    }
    let read = |item: Item<'a>| {
        let own = if inherits(&item) { latency.clone() } else { Dist::read(&item) };
        if own.is_none() && inherits(&item) {
            item.problem_at_key(format!("`{}` has no latency", item.name), "add one, such as `120ms`");
        }
        (item.name.clone(), item, own.unwrap_or(Dist::Constant(Default::default())))
    };
    if entries.is_empty() {
        endpoints.problem_at_key("`endpoints` is empty", "add one, such as `charge: 120ms`, or remove it");
    }
    entries.into_iter().filter(check_name).map(read).collect()
}

impl<'a> Kind<'a> for External<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::External, None) else { return };
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            workers: UNLIMITED,
            error_rate: 1.0 - self.availability,
            rate_limit: self.rate_limit,
            capacity_path: format!("{}.rate_limit", item.path),
            origin: origin(item),
            ..Station::default()
        });
        let ids = self.endpoints.iter().map(|(name, at, _)| wiring.endpoint(&item.name, name, station, at)).collect();
        self.declared = Some((component, ids));
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some((component, ids)) = &self.declared else { return };
        let caller = Caller::service(Party::Component(*component), &self.item, 1, Vec::new());
        for (id, (_, _, time)) in ids.iter().zip(&self.endpoints) {
            Program::write(wiring, &caller, *id, &[StepSpec::Work(time.clone())]);
        }
    }
}
