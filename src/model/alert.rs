//! Alerts: when somebody is paged. A rule of a monitoring system, evaluated on what a run shows.

use super::expect::{self, Expectation, Metric, Op, Subject, What, Wrong};
use super::window::Window;
use crate::kinds::{check_name, origin};
use crate::plan::{Origin, Plan, Watch, Watched};
use crate::units::{self, SimDuration};
use crate::yaml::{Field, Item, Shape, Takes};

/// An entry under `alerts`; the fields are those of `ALERT_SHAPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// The condition, as written: `web.checkout success < 99%`.
    pub text: String,
    /// When it holds.
    pub when: Condition,
    /// The figure is taken over so long.
    pub over: SimDuration,
    /// And over this, too: both must be out of bounds.
    pub and_over: Option<SimDuration>,
    /// It must hold so long before anybody is paged.
    pub lasting: SimDuration,
    /// The time between two looks.
    pub every: SimDuration,
    /// Where it is written.
    pub origin: Origin,
}

/// A figure that is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Whose figure; `None` for all traffic.
    pub subject: Option<Subject>,
    /// Which figure.
    pub signal: Signal,
    /// How it compares when it is out of bounds.
    pub op: Op,
    /// With what: seconds, a share, a number, or per second.
    pub limit: f64,
}

/// A figure that can be watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signal {
    /// One that can be expected, too.
    Of(Metric),
    /// The share of requests that were not answered.
    Errors,
    /// Messages given up: dead letters, dropped or lost.
    GivenUp,
    /// How often a circuit breaker opened.
    BreakerOpens,
    /// Replicas that are up.
    Up,
}

/// Words of what can be watched, beside those of expectations: whose it is, and an example.
const SIGNALS: &[(&str, Signal, &str)] = &[
    ("errors", Signal::Errors, "web.checkout errors > 1%"),
    ("given_up", Signal::GivenUp, "order-events given_up > 0"),
    ("breaker_opens", Signal::BreakerOpens, "orders>payments breaker_opens > 0"),
    ("up", Signal::Up, "web up < 2"),
];

/// When somebody is paged.
pub static ALERT_SHAPE: Shape = Shape::new(
    "alert",
    "When somebody is paged: a figure is out of bounds for a while, as a rule of Prometheus has it. Where nothing happened \
     there is no figure, and no page.",
    &[
        Field::new(
            "when",
            Takes::Expectation,
            "The condition: subject, metric, comparison and limit, as in `slos`, but of what should not be: \
             `web.checkout errors > 1%`.",
        ),
        Field::new(
            "slo",
            Takes::Expectation,
            "Instead of `when`, with `burn`: an SLO of success, such as `web.checkout success >= 99.9%`.",
        ),
        Field::new(
            "burn",
            Takes::Factor,
            "With `slo`: its error budget is used up so many times as fast as it may be: at `14.4x` two percent of a month's in an hour.",
        ),
        Field::new("over", Takes::Duration, "The figure is taken over so long, up to now. Default 60 s."),
        Field::new(
            "and_over",
            Takes::Duration,
            "It must be out of bounds over this time as well: a short one beside a long `over` ends the alert soon after the trouble.",
        ),
        Field::new("for", Takes::Duration, "It must be out of bounds for so long before it pages. Default 0 s."),
        Field::new("every", Takes::Duration, "How often it is looked at. Default 15 s."),
    ],
);

/// Reads `alerts`.
pub(super) fn read_all(item: &Item<'_>, plan: &Plan) -> Vec<Alert> {
    item.entries().into_iter().filter(check_name).filter_map(|item| read(&item, plan)).collect()
}

fn read(item: &Item<'_>, plan: &Plan) -> Option<Alert> {
    let mut fields = item.shaped(&ALERT_SHAPE)?;
    fields.exclusive("when", "slo", "an alert has one condition: `when`, or `slo` with `burn`");
    let (when, slo, burn) = (fields.optional("when"), fields.optional("slo"), fields.optional("burn"));
    let mut time = |name| fields.optional(name).map(|item| item.positive_duration());
    let (over, and_over, every) = (time("over"), time("and_over"), time("every"));
    let lasting = fields.optional("for").map(|item| item.duration());
    fields.finish();
    let or = |time: Option<Option<SimDuration>>, default| time.unwrap_or(Some(default));
    let (text, when) = match (when, slo, burn) {
        (Some(when), None, None) => condition(&when, plan, parse)?,
        (None, Some(slo), Some(burn)) => {
            let factor = burn.factor()?;
            let (text, when) = condition(&slo, plan, |text, plan| burning(text, factor, plan))?;
            (format!("{text} burns {}", units::show_factor(factor)), when)
        }
        // That they exclude each other has been said.
        (Some(_), Some(_), _) => return None,
        (_, _, Some(burn)) => {
            burn.problem(
                "`burn` says how fast an SLO's error budget is used up",
                "write the SLO: `slo: web success >= 99.9%`",
            );
            return None;
        }
        (_, Some(slo), None) => {
            slo.problem(
                "this alert does not say how fast the error budget must burn",
                "add for instance `burn: 14.4x`",
            );
            return None;
        }
        (None, None, None) => {
            item.problem("this alert has no condition", "write for instance `when: web.checkout errors > 1%`");
            return None;
        }
    };
    Some(Alert {
        name: item.name.clone(),
        text,
        when,
        over: or(over, SimDuration::from_secs(60))?,
        and_over: and_over.map_or(Some(None), |time| time.map(Some))?,
        lasting: or(lasting, SimDuration::ZERO)?,
        every: or(every, SimDuration::from_secs(15))?,
        origin: origin(item),
    })
}

fn condition(
    item: &Item<'_>,
    plan: &Plan,
    parse: impl Fn(&str, &Plan) -> Result<Condition, Wrong>,
) -> Option<(String, Condition)> {
    let text = item.text()?;
    match parse(text, plan) {
        Ok(when) => Some((text.trim().into(), when)),
        Err((message, hint)) => {
            item.problem(message, hint);
            None
        }
    }
}

fn parse(text: &str, plan: &Plan) -> Result<Condition, Wrong> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|word| expect::op(word).is_some()).unwrap_or(0);
    let own = words[..at].last().and_then(|word| SIGNALS.iter().find(|(own, ..)| own == word));
    let Some((word, signal, example)) = own else {
        return match expect::parse(text, plan)? {
            What::Compare { metric: Metric::Duplicates, .. } => Err((
                "nobody sees that a call is executed twice".into(),
                "write what can be seen, such as `web>db retries > 20%`".into(),
            )),
            What::Compare { subject, metric, op, limit, window: Window::Whole } => {
                Ok(Condition { subject, signal: Signal::Of(metric), op, limit })
            }
            What::Compare { .. } | What::Metastable { .. } | What::Capacity { .. } | What::No { .. } => Err((
                "an alert looks at all times, and at nothing but figures".into(),
                "write what is out of bounds, such as `web errors > 1%`".into(),
            )),
            What::RecoversWithin(_) => Err((
                "an alert knows of no recovery".into(),
                "write what is out of bounds, such as `web errors > 1%`".into(),
            )),
        };
    };
    let limit = words[at + 1..].concat();
    let limit = match signal {
        Signal::Errors => units::parse_ratio(&limit),
        _ => units::parse_count(&limit),
    };
    let limit = limit.map_err(expect::of_unit)?;
    let subject = match &words[..at - 1] {
        [] => None,
        // What has errors has a success.
        [name] => Some(expect::parse_subject(name, Metric::Success, word, plan)?),
        _ => {
            return Err((
                format!("`{text}` is not of the form *subject metric comparison limit*"),
                format!("write for instance `{example}`"),
            ));
        }
    };
    let fits = match signal {
        Signal::GivenUp => {
            matches!(subject, Some(Subject::Component(c)) if plan.topics.iter().any(|t| t.component == c))
        }
        Signal::BreakerOpens => matches!(subject, Some(Subject::Edge(e)) if plan.edges[e.index()].breaker.is_some()),
        Signal::Up => matches!(subject, Some(Subject::Component(c)) if plan.stations_of(c).next().is_some()),
        _ => true,
    };
    if !fits {
        let whose = match signal {
            Signal::GivenUp => "a queue has",
            Signal::BreakerOpens => "a connection with a circuit breaker has",
            _ => "a component with replicas has",
        };
        return Err((format!("`{word}` is something {whose}"), format!("write for instance `{example}`")));
    }
    let op = expect::op(words[at]).unwrap_or(Op::More);
    Ok(Condition { subject, signal: *signal, op, limit })
}

/// The error budget is used up so many times as fast as it may be.
fn burning(text: &str, factor: f64, plan: &Plan) -> Result<Condition, Wrong> {
    let What::Compare { subject, metric: Metric::Success, op: Op::AtLeast | Op::More, limit, .. } =
        expect::parse(text, plan)?
    else {
        return Err((
            format!("`{text}` has no error budget"),
            "write an SLO of success, such as `web.checkout success >= 99.9%`".into(),
        ));
    };
    let errors = factor * (1.0 - limit);
    if errors >= 1.0 || errors <= 0.0 {
        let share = units::show_ratio(errors);
        return Err((
            format!("its error budget burns so fast when {share} of the requests fail"),
            "write a lower `burn`".into(),
        ));
    }
    Ok(Condition { subject, signal: Signal::Errors, op: Op::More, limit: errors })
}

impl Alert {
    /// A rule that stands in no file, looked at every 15 s.
    ///
    /// # Errors
    /// Says what is wrong and what to write.
    pub fn parse(name: &str, when: &str, over: SimDuration, plan: &Plan) -> Result<Alert, String> {
        let condition = parse(when, plan).map_err(|(message, hint)| format!("{message}; {hint}"))?;
        Ok(Alert {
            name: name.into(),
            text: when.into(),
            when: condition,
            over,
            and_over: None,
            lasting: SimDuration::ZERO,
            every: SimDuration::from_secs(15),
            origin: Origin::default(),
        })
    }

    /// The longest it takes from the beginning of what fills its windows at once to the page.
    pub fn reach(&self) -> SimDuration {
        self.over.max(self.and_over.unwrap_or_default()) + self.lasting + self.every
    }

    /// What must be noted in a run for it, beside what is counted anyway.
    pub fn watch(&self, plan: &Plan) -> Option<Watch> {
        let whose = match self.when.subject {
            None => Watched::Everything,
            Some(Subject::Source(source)) => Watched::Source(source),
            Some(Subject::Endpoint(endpoint)) => Watched::Endpoint(endpoint),
            Some(Subject::Component(component)) => Watched::Component(component),
            Some(Subject::Edge(_)) => return None,
        };
        match (self.when.signal, whose) {
            (Signal::Of(Metric::Percentile(_)), _) => {
                Some(Watch::Slower(whose, SimDuration::from_seconds(self.when.limit)))
            }
            (Signal::Of(Metric::Age), Watched::Component(c)) => Watch::oldest(plan, c),
            _ => None,
        }
    }
}

/// What must be noted for these, each once.
pub fn watches<'e>(alerts: &[Alert], expected: impl IntoIterator<Item = &'e Expectation>, plan: &Plan) -> Vec<Watch> {
    let mut all: Vec<Watch> = Vec::new();
    let expected = expected.into_iter().filter_map(|expectation| expectation.watch(plan));
    for watch in alerts.iter().filter_map(|alert| alert.watch(plan)).chain(expected) {
        if !all.contains(&watch) {
            all.push(watch);
        }
    }
    all
}
