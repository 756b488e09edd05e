//! Traffic: who calls, how often, and what for.

use super::arrivals::{self, ARRIVALS_SHAPE, Process, Spec};
use crate::kinds::{Caller, IN_PLACE_SHAPE, Policy, Target, Wiring, origin};
use crate::plan::{Arrivals, Order, Party, Priority, Role, Source, SourceId};
use crate::random::cumulative;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// A source of traffic: an entry under `traffic`, or `traffic` itself when there is only one. The fields are those of
/// [`TRAFFIC_SHAPE`].
#[derive(Debug)]
pub(super) struct Traffic<'a> {
    item: Item<'a>,
    arrivals: Spec,
    mix: Vec<(f64, Target<'a>)>,
    policy: Policy<'a>,
    priority: Option<(Priority, Item<'a>)>,
    id: Option<SourceId>,
}

/// A source of traffic.
pub static TRAFFIC_SHAPE: Shape = Shape::new(
    "traffic",
    "Who calls, how often, and what for. Open traffic (`rate`) comes whether or not it is answered; closed traffic \
     (`users`) asks, waits for the answer, and thinks. How users treat what they call stands in place: `timeout` is their \
     patience, `retry` makes them try again.",
    &[
        Field::new("to", Takes::Name, "What is asked for."),
        Field::new(
            "priority",
            Takes::Any(&[Takes::Word(&["critical", "high", "normal", "low"]), Takes::Whole(0, 3)]),
            "How important its requests are, with all calls they cause: served first where a queue goes by priority, and shed \
             last. A number from 0 (critical) to 3 (low) says the same. Default `normal`.",
        ),
        Field::new("mix", Takes::Named(&Takes::Share), "What is asked for, with shares that sum to 100%."),
    ],
)
.with(&[&ARRIVALS_SHAPE, &IN_PLACE_SHAPE]);

/// Fields by which a source is known from a map of sources.
const MARKS: [&str; 5] = ["rate", "users", "to", "mix", "arrivals"];

/// Reads `traffic` and declares its sources. A single one without a name is called `traffic`.
pub(super) fn read<'a>(item: &Item<'a>, wiring: &mut Wiring<'a>) -> Vec<Traffic<'a>> {
    let single = item.fields_if_map().is_some_and(|fields| MARKS.iter().any(|mark| fields.has(mark)));
    if let Some(name) = single.then(|| named_as_a_field(item)).flatten() {
        let hint = format!("give it another name, such as `{}-traffic`", name.name);
        name.problem_at_key(
            format!("a traffic source cannot be called `{}`, which is a field of one", name.name),
            hint,
        );
        return Vec::new();
    }
    let items = if single { vec![item.clone()] } else { item.entries() };
    if items.is_empty() && item.problems().is_empty() {
        item.problem_at_key("`traffic` is empty", "add for instance `{ rate: 100/s, to: api }`");
    }
    let mut sources: Vec<_> = items.iter().filter_map(Traffic::read).collect();
    for source in &mut sources {
        source.declare(wiring);
    }
    sources
}

/// A source of a map of sources that has the name of a field, so that the map looks like a single source.
fn named_as_a_field<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let has = |fields: &Fields, names: &[&str]| names.iter().any(|name| fields.has(name));
    let is_whole = |fields: Fields| has(&fields, &["to", "mix"]) && has(&fields, &["rate", "users", "arrivals"]);
    let is_source = |entry: &Item<'a>| entry.fields_if_map().is_some_and(is_whole);
    item.entries().into_iter().find(|entry| MARKS.contains(&entry.name.as_str()) && is_source(entry))
}

impl<'a> Traffic<'a> {
    fn read(item: &Item<'a>) -> Option<Traffic<'a>> {
        let mut fields = item.shaped(&TRAFFIC_SHAPE)?;
        let arrivals = arrivals::read(&mut fields);
        let mix = read_mix(&mut fields);
        let policy = Policy::read_in_place(&mut fields);
        let priority = fields.optional("priority").and_then(|item| Some((read_priority(&item)?, item)));
        fields.finish();
        Some(Traffic { item: item.clone(), arrivals, mix, policy, priority, id: None })
    }

    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        if !wiring.take_name(&self.item, "traffic source") {
            return;
        }
        let spec = std::mem::take(&mut self.arrivals);
        let arrivals = match spec.process {
            Some(Process::Poisson(rate)) => Arrivals::Poisson(rate),
            Some(Process::Constant(rate)) => Arrivals::Constant(rate),
            Some(Process::Recorded(times)) => Arrivals::Recorded(times),
            Some(Process::Closed(users, think)) => Arrivals::Closed { users, think: wiring.builder.dist(think) },
            // The problem has been reported; the plan will not be used.
            None => Arrivals::Poisson(1.0),
        };
        let source = Source {
            name: self.item.name.clone(),
            arrivals,
            profile: spec.profile,
            bursts: spec.bursts,
            max_users: spec.max_users,
            mix: Vec::new(),
            priority: self.priority.as_ref().map_or(Priority::Normal, |(priority, _)| *priority),
            origin: origin(&self.item),
        };
        self.id = Some(wiring.builder.source(source));
    }

    /// Reports a priority that nothing looks at.
    fn check_priority(&self, wiring: &Wiring<'a>) {
        let Some((_, item)) = &self.priority else { return };
        let mut admissions = wiring.builder.plan().stations.iter().map(|station| &station.admission);
        if !admissions.any(|a| a.order == Order::Priority || a.load_shedding.is_some()) {
            let hint = "add `queue: { order: priority }` or `load_shedding: {}` to a service, or remove it";
            item.problem_at_key("`priority` has no effect: no service looks at it", hint);
        }
    }

    /// Wires what is asked for.
    pub(super) fn lower(self, wiring: &mut Wiring<'a>) {
        let Some(id) = self.id else { return };
        self.check_priority(wiring);
        let caller = Caller::in_place(Party::Source(id), &self.item.name, &self.item, self.policy);
        for (up_to, target) in &self.mix {
            if wiring.role(target.component()) == Some(Role::Queue) {
                target.problem("traffic calls services, not queues", "let a service publish the message");
                continue;
            }
            if let Some(to) = wiring.resolve(target) {
                let (link, _) = caller.link(wiring, to, &target.item);
                wiring.builder.plan_mut().sources[id.index()].mix.push((*up_to, link));
            }
        }
    }
}

/// A word or a number.
fn read_priority(item: &Item<'_>) -> Option<Priority> {
    let words = [
        ("critical", Priority::Critical),
        ("high", Priority::High),
        ("normal", Priority::Normal),
        ("low", Priority::Low),
        ("0", Priority::Critical),
        ("1", Priority::High),
        ("2", Priority::Normal),
        ("3", Priority::Low),
    ];
    item.word(&words)
}

fn read_mix<'a>(fields: &mut Fields<'a>) -> Vec<(f64, Target<'a>)> {
    fields.exclusive("to", "mix", "write `to` for one thing, `mix` for several");
    if let Some(to) = fields.optional("to") {
        return Target::read(&to).map(|target| (1.0, target)).into_iter().collect();
    }
    let Some(mix) = fields.optional("mix") else {
        let message = format!("`{}` calls nothing", fields.name);
        fields.problem_at_key(message, "add `to: api`, or `mix: { web.home: 60%, web.search: 40% }`");
        return Vec::new();
    };
    let entries = mix.entries();
    let share = |item: Item<'a>| item.ratio().map(|share| (share, Target::of_key(item)));
    let shares: Vec<_> = entries.iter().cloned().filter_map(share).collect();
    if shares.len() < entries.len() || !(mix.is_map() || entries.is_empty()) {
        return shares;
    }
    cumulative(&mix, shares.clone()).unwrap_or(shares)
}
