//! A service: replicas with workers, a bounded queue and cores, and endpoints that call others.

use super::declared::{self, DECLARED_SHAPE, SERVICE_DECLARED_SHAPE};
use super::fleet::{FLEET_SHAPE, FleetSpec};
use super::{
    ADMISSION_SHAPE, Admission, Caller, Dependency, Kind, MOST, POLICY_SHAPE, Program, Quota, STEPS, StepSpec, Target,
    Wiring, balance, check_name, crowding, origin,
};
use crate::plan::{
    Balance, Concurrency, Crowding, Declarations, EndpointId, Party, Role, Station, StationId, UNLIMITED,
};
use crate::policies::{RATE_LIMIT_SHAPE, RateLimited};
use crate::random::{Dist, TIME};
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// An entry under `services`; the fields are those of `SERVICE_SHAPE`.
#[derive(Debug)]
pub struct Service<'a> {
    item: Item<'a>,
    declarations: Declarations,
    stack: Option<String>,
    fleet: FleetSpec<'a>,
    station: Option<StationId>,
    concurrency: Option<u32>,
    model: Concurrency,
    admission: Admission,
    cpu: Option<f64>,
    crowding: Option<Crowding>,
    balance: Balance,
    rate_limit: Quota,
    endpoints: Vec<EndpointSpec<'a>>,
    /// The service and its policies (`dependencies`), once it is declared.
    caller: Option<Caller<'a>>,
    dependencies: Vec<Dependency<'a>>,
}

/// An endpoint of a service.
#[derive(Debug)]
struct EndpointSpec<'a> {
    /// Its name behind the dot.
    name: String,
    item: Item<'a>,
    steps: Vec<StepSpec<'a>>,
    id: Option<EndpointId>,
}

/// What we run.
pub static SERVICE_SHAPE: Shape = Shape::new(
    "service",
    "What we run: replicas that serve requests, each with workers, a line in front of them, and perhaps cores.",
    &[
        Field::new(
            "stack",
            Takes::Text,
            "What it is built with, such as `spring-boot`, `django` or `go`; only words the advice.",
        ),
        Field::new(
            "concurrency",
            Takes::Any(&[Takes::Whole(1, MOST), UNLIMITED_WORD]),
            "Requests in progress per replica: its workers, or threads. Default 200, as in Tomcat.",
        ),
        Field::new(
            "model",
            Takes::Word(&["threads", "async"]),
            "`threads` hold a worker for the whole request, `async` only while they work. Default `threads`.",
        ),
        Field::new(
            "cpu",
            Takes::Number,
            "Cores per replica that `work` competes for, such as `2` or `250m`: with n requests at work each advances at \
             cpu / n of its speed, at most 1. Default: work needs only a worker.",
        ),
        Field::new(
            "scalability",
            Takes::Map(&crowding::SHAPE),
            "How work slows down with the number of requests in progress. Default: not at all.",
        ),
        Field::new(
            "balance",
            Takes::Any(&[
                Takes::Word(&["round_robin", "random", "least_request", "two_choices"]),
                Takes::Map(&balance::SHAPE),
            ]),
            "How a replica is chosen: in turn, at random, the one with the fewest requests, or the better of two drawn at \
             random with replacement (Envoy's least request). Default `round_robin`.",
        ),
        Field::new(
            "rate_limit",
            Takes::Any(&[Takes::Rate, Takes::Map(&RATE_LIMIT_SHAPE)]),
            "Requests beyond it are refused, all replicas together unless its `scope` says otherwise. Default: none.",
        ),
        Field::new(
            "endpoints",
            Takes::Named(&Takes::Any(&[Takes::Alias(&STEPS), Takes::Map(&ENDPOINT_SHAPE)])),
            "What can be called, each with its steps.",
        ),
        Field::new(
            "dependencies",
            Takes::Named(&Takes::Map(&POLICY_SHAPE)),
            "How each callee is treated, keyed `payments`, or `payments.charge` for one endpoint.",
        ),
    ],
)
.with(&[&FLEET_SHAPE, &ADMISSION_SHAPE, &ENDPOINT_SHAPE, &SERVICE_DECLARED_SHAPE, &DECLARED_SHAPE]);

/// The short form of an endpoint. A service with a single endpoint writes it among its own fields.
static ENDPOINT_SHAPE: Shape = Shape::new(
    "endpoint",
    "The short form of an endpoint: work, then calls one after the other. A service with a single endpoint writes it among \
     its own fields.",
    &[
        Field::new("work", Takes::Alias(&TIME), "Own processing time."),
        Field::new("calls", Takes::List(&Takes::Name), "What is called then, in this order."),
    ],
);

/// No limit.
pub(super) const UNLIMITED_WORD: Takes = Takes::Word(&["unlimited"]);

/// The name of an endpoint that needs none.
pub(super) const ONLY: &str = "call";

impl<'a> Service<'a> {
    /// Reads a service.
    pub fn read(item: &Item<'a>) -> Option<Service<'a>> {
        let mut fields = item.shaped(&SERVICE_SHAPE)?;
        let service = Service {
            declarations: declared::read_service(&mut fields),
            item: item.clone(),
            stack: fields.optional("stack").and_then(|item| item.text()).map(str::to_owned),
            fleet: FleetSpec::read(&mut fields),
            station: None,
            concurrency: fields.optional("concurrency").map(|item| item.whole_or_unlimited(1, MOST).unwrap_or(1)),
            model: word(&mut fields, "model", &[("threads", Concurrency::Threads), ("async", Concurrency::Async)]),
            admission: Admission::read(&mut fields),
            cpu: fields.optional("cpu").and_then(|item| cores(&item)),
            crowding: crowding::read(&mut fields),
            balance: fields.optional("balance").and_then(|item| balance::read(&item)).unwrap_or_default(),
            rate_limit: Quota::read(&mut fields, RateLimited::Service),
            endpoints: read_endpoints(&mut fields),
            caller: None,
            dependencies: fields.optional("dependencies").map(|i| Dependency::read_all(&i)).unwrap_or_default(),
        };
        fields.synonyms(&[
            ("threads", "concurrency"),
            ("instances", "replicas"),
            ("cores", "cpu"),
            ("steps", "endpoints"),
        ]);
        fields.finish();
        Some(service)
    }
}

fn word<T: Copy + Default>(fields: &mut Fields<'_>, name: &'static str, words: &[(&str, T)]) -> T {
    fields.optional(name).and_then(|item| item.word(words)).unwrap_or_default()
}

/// A number of replicas, at least 1.
pub(super) fn replicas(item: &Item<'_>) -> u32 {
    item.whole(1, MOST).unwrap_or(1)
}

/// A number of cores above zero.
pub(super) fn cores(item: &Item<'_>) -> Option<f64> {
    let cores = item.number()?;
    if !(0.001..=10_000.0).contains(&cores) {
        item.problem(format!("`{}` is out of range", item.name), "write a number of cores, such as `2` or `250m`");
        return None;
    }
    Some(cores)
}

fn read_endpoints<'a>(fields: &mut Fields<'a>) -> Vec<EndpointSpec<'a>> {
    fields.exclusive("work", "endpoints", "write the work as a step of an endpoint");
    fields.exclusive("calls", "endpoints", "write the calls as steps of an endpoint");
    let short = short_form(fields);
    let Some(endpoints) = fields.optional("endpoints") else {
        if short.is_empty() && !fields.has("work") && !fields.has("calls") {
            let message = format!("`{}` does nothing", fields.name);
            fields.problem_at_key(message, "add for instance `work: 5ms`, or `endpoints:` with steps");
        }
        let item = (**fields).clone();
        return vec![EndpointSpec { name: ONLY.into(), item, steps: short, id: None }];
    };
    let entries = endpoints.entries();
    if entries.is_empty() && (endpoints.is_map() || endpoints.node.value == crate::yaml::Value::Null) {
        endpoints.problem_at_key("`endpoints` is empty", "add one, such as `home: { work: 5ms }`");
    }
    entries.into_iter().filter(check_name).map(read_endpoint).collect()
}

fn read_endpoint(item: Item<'_>) -> EndpointSpec<'_> {
    let steps = if item.is_map() {
        item.shaped(&ENDPOINT_SHAPE).map(|mut fields| {
            let steps = short_form(&mut fields);
            fields.finish();
            steps
        })
    } else if item.is_list() {
        Some(StepSpec::read_block(&item))
    } else {
        item.problem_at_key(
            format!("`{}` has no steps", item.name),
            "write a list of steps, or `{ work: 5ms, calls: [ … ] }`",
        );
        None
    };
    EndpointSpec { name: item.name.clone(), item, steps: steps.unwrap_or_default(), id: None }
}

/// `work` and `calls`, in this order.
fn short_form<'a>(fields: &mut Fields<'a>) -> Vec<StepSpec<'a>> {
    let work = fields.optional("work").and_then(|item| Dist::read(&item)).map(StepSpec::Work);
    let calls = fields.optional("calls").map(|item| item.items()).unwrap_or_default();
    let calls = calls.iter().filter_map(Target::read).map(StepSpec::Call);
    work.into_iter().chain(calls).collect()
}

impl<'a> Kind<'a> for Service<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::Service, self.stack.clone(), self.declarations.clone())
        else {
            return;
        };
        let replicas = wiring.or_assume(self.fleet.replicas, item, "replicas", 1);
        let fleet = self.fleet.lower(item, self.cpu.is_some(), replicas, wiring);
        let concurrency = wiring.or_assume(self.concurrency, item, "concurrency", 200);
        // Nobody ever waits for a worker where there is no end of them: nothing is assumed then.
        self.admission.check_line(item, concurrency);
        let queue = match self.admission.queue {
            None if concurrency == UNLIMITED => UNLIMITED,
            written => wiring.or_assume(written, item, "queue", 100),
        };
        let admission = self.admission.lower(wiring);
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            replicas,
            workers: concurrency,
            queue,
            cores: self.cpu,
            crowding: self.crowding,
            concurrency: self.model,
            balance: self.balance,
            rate_limit: self.rate_limit.limit,
            rate_limit_path: self.rate_limit.path.clone(),
            admission,
            fleet,
            capacity_path: self.fleet.capacity_path(&item.path),
            origin: origin(item),
            ..Station::default()
        });
        self.station = Some(station);
        for endpoint in &mut self.endpoints {
            endpoint.id = Some(wiring.endpoint(&item.name, &endpoint.name, station, &endpoint.item));
        }
        let dependencies = std::mem::take(&mut self.dependencies);
        self.caller = Some(Caller::service(Party::Component(component), item, replicas, dependencies));
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(caller) = &self.caller else { return };
        if let (Some(station), Some(found)) = (self.station, self.fleet.find_queue(wiring))
            && let Some(fleet) = &mut wiring.builder.plan_mut().stations[station.index()].fleet
            && let Some(scaling) = &mut fleet.scaling
        {
            scaling.signal = found;
        }
        for endpoint in &self.endpoints {
            if let Some(id) = endpoint.id {
                Program::write(wiring, caller, id, &endpoint.steps);
            }
        }
        caller.report_unused(wiring);
    }
}
