//! Somebody else's API: a latency, an availability and perhaps a quota; its capacity is not our concern.

use super::declared::{self, DECLARED_SHAPE};
use super::{Caller, Kind, Program, Quota, StepSpec, Wiring, check_name, origin, service};
use crate::plan::{ComponentId, Declarations, EndpointId, Party, Role, Station, UNLIMITED};
use crate::policies::{RATE_LIMIT_SHAPE, RateLimited};
use crate::random::{Dist, TIME};
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// An entry under `external`; the fields are those of `EXTERNAL_SHAPE`.
#[derive(Debug)]
pub struct External<'a> {
    item: Item<'a>,
    declarations: Declarations,
    availability: f64,
    rate_limit: Quota,
    /// Name, place and latency of each.
    endpoints: Vec<(String, Item<'a>, Dist)>,
    declared: Option<(ComponentId, Vec<EndpointId>)>,
}

/// Somebody else's API.
pub static EXTERNAL_SHAPE: Shape = Shape::new(
    "external",
    "Somebody else's API. Its capacity is not our concern; its latency, its availability and its quota are.",
    &[
        Field::new("availability", Takes::Share, "Share of calls that are not answered with an error. Default 100%."),
        Field::new(
            "rate_limit",
            Takes::Any(&[Takes::Rate, Takes::Map(&RATE_LIMIT_SHAPE)]),
            "Calls beyond it are refused. Default: no limit.",
        ),
        Field::new(
            "latency",
            Takes::Alias(&TIME),
            "How long it takes to answer, the network included. Needed unless every endpoint has its own.",
        ),
        Field::new(
            "endpoints",
            Takes::Named(&Takes::Alias(&TIME)),
            "Endpoints with a latency each; one left empty takes `latency`. Without any there is one, named `call`.",
        ),
    ],
)
.with(&[&DECLARED_SHAPE]);

impl<'a> External<'a> {
    /// Reads an external API.
    pub fn read(item: &Item<'a>) -> Option<External<'a>> {
        let mut fields = item.shaped(&EXTERNAL_SHAPE)?;
        let availability = fields.optional("availability").and_then(|item| item.ratio()).unwrap_or(1.0);
        let rate_limit = Quota::read(&mut fields, RateLimited::External);
        let endpoints = read_endpoints(&mut fields);
        let declarations = declared::read(&mut fields);
        fields.finish();
        Some(External { declarations, item: item.clone(), availability, rate_limit, endpoints, declared: None })
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
        let Some(component) = wiring.component(item, Role::External, None, self.declarations.clone()) else { return };
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            workers: UNLIMITED,
            error_rate: 1.0 - self.availability,
            rate_limit: self.rate_limit.limit,
            rate_limit_path: self.rate_limit.path.clone(),
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
