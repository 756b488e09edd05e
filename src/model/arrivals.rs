//! When requests come: rates, users, recordings, bursts, and how all that changes over time.

use crate::kinds::MOST;
use crate::plan::{Bursts, Profile};
use crate::random::{Dist, TIME};
use crate::units::{SimDuration, parse_duration, parse_factor, parse_rate};
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// When the requests of a source come.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    /// The process; `None` when it could not be read.
    pub process: Option<Process>,
    pub profile: Option<Profile>,
    pub bursts: Option<Bursts>,
    pub max_users: Option<u32>,
}

/// The process behind it.
#[derive(Clone, Debug)]
pub(super) enum Process {
    /// Poisson, at this rate per second.
    Poisson(f64),
    /// Evenly spaced, at this rate per second.
    Constant(f64),
    /// At these times.
    Recorded(Vec<SimDuration>),
    /// So many users, who think for so long.
    Closed(u32, Dist),
}

/// The fields of a source that say when its requests come.
pub(super) static ARRIVALS_SHAPE: Shape = Shape::new(
    "arrivals",
    "When requests come. Open traffic (`rate`) comes whether or not it is answered; closed traffic (`users`) asks, waits for \
     the answer, and thinks.",
    &[
        Field::new("rate", Takes::Rate, "Requests per second of open traffic, at load 1x."),
        Field::new(
            "arrivals",
            Takes::Any(&[Takes::Word(&["poisson", "constant"]), Takes::Map(&KIND)]),
            "`poisson`: independent of one another; `constant`: evenly spaced; or a map. Default `poisson`.",
        ),
        Field::new(
            "max_users",
            Takes::Whole(1, MOST),
            "With `rate`: requests under way at once, as a load generator has so many connections (k6: maxVUs). A request \
             whose time has come waits until one is free, and its latency counts from the time it was meant to start. Default: \
             no limit.",
        ),
        Field::new("users", Takes::Whole(1, MOST), "Users of closed traffic, at load 1x."),
        Field::new("think_time", Takes::Alias(&TIME), "Time between an answer and the same user's next request."),
        Field::new(
            "shape",
            Takes::Map(&COURSE),
            "How the rate, or the number of users, changes. Times count from the start of the measured part; before it, it is \
             as at its start. Default: constant.",
        ),
    ],
);

static KIND: Shape = Shape::new(
    "arrival_process",
    "Arrivals that are neither independent nor even.",
    &[
        Field::new("bursty", Takes::Map(&BURSTY), "In bursts."),
        Field::new(
            "recorded",
            Takes::Text,
            "At the times in this CSV file, one a line, as durations (`1.5s`) or in seconds, from the start of the measured \
             part; nothing comes before and after. `--load 10x` shortens the gaps. Instead of a `rate`.",
        ),
    ],
)
.one_of();

static BURSTY: Shape = Shape::new(
    "bursty",
    "A Poisson process whose rate switches between two values after exponential times (MMPP). The mean rate stays `rate`.",
    &[
        Field::required(
            "factor",
            Takes::Factor,
            "The rate in a burst, as a multiple of that between bursts, above 1x.",
        ),
        Field::required("for", Takes::Duration, "Mean length of a burst."),
        Field::required("every", Takes::Duration, "Mean time from the beginning of a burst to that of the next."),
    ],
);

static COURSE: Shape = Shape::new(
    "shape",
    "A multiple of the rate or of the number of users that changes over time.",
    &[
        Field::new("ramp", Takes::Map(&RAMP), "Grows or shrinks evenly, and stays."),
        Field::new("stages", Takes::List(&Takes::Map(&STAGE)), "Even changes one after the other, from 1x on (k6)."),
        Field::new("spike", Takes::Map(&SPIKE), "Jumps up for a while."),
        Field::new("diurnal", Takes::Map(&DIURNAL), "Follows the day: 1 + amplitude · sin(2π (t + phase) / period)."),
        Field::new("series", Takes::Map(&SERIES), "Follows a CSV file, in steps."),
    ],
)
.one_of();

static RAMP: Shape = Shape::new(
    "ramp",
    "An even change.",
    &[
        Field::new("from", Takes::Factor, "Before it. Default 1x."),
        Field::required("to", Takes::Factor, "Behind it."),
        Field::required("over", Takes::Duration, "How long it takes."),
        Field::new("at", Takes::Duration, "When it begins. Default 0s."),
    ],
);

static STAGE: Shape = Shape::new(
    "stage",
    "One change.",
    &[
        Field::required("to", Takes::Factor, "At its end."),
        Field::required("over", Takes::Duration, "How long it takes; 0s is a jump."),
    ],
);

static SPIKE: Shape = Shape::new(
    "spike",
    "A jump up and down again.",
    &[
        Field::required("to", Takes::Factor, "Within it."),
        Field::required("at", Takes::Duration, "When it begins."),
        Field::required("for", Takes::Duration, "How long it lasts."),
    ],
);

static DIURNAL: Shape = Shape::new(
    "diurnal",
    "The ups and downs of a day.",
    &[
        Field::required("amplitude", Takes::Share, "How far it goes up and down."),
        Field::new("period", Takes::Duration, "Length of a day. Default 24h."),
        Field::new(
            "phase",
            Takes::Duration,
            "How far the day is at the start; at 0 s it has its mean and rises. Default 0s.",
        ),
    ],
);

static SERIES: Shape = Shape::new(
    "series",
    "A multiple or a rate for each step of time; the last one stays.",
    &[
        Field::required(
            "file",
            Takes::Text,
            "A CSV file with one value a line: multiples (`1.5`, `2x`), or rates (`300/s`), which are divided by `rate`.",
        ),
        Field::required("every", Takes::Duration, "Length of a step."),
    ],
);

pub(super) fn read(fields: &mut Fields<'_>) -> Spec {
    fields.exclusive("rate", "users", "open traffic has a `rate`; closed traffic has `users` and a `think_time`");
    let (kind, think) = (fields.optional("arrivals"), fields.optional("think_time"));
    let (shape, most) = (fields.optional("shape"), fields.optional("max_users"));
    let rate = fields.optional("rate");
    let per_second = rate.as_ref().and_then(|item| item.rate());
    let profile = shape.as_ref().and_then(|item| read_course(item, per_second));
    if let Some(users) = fields.optional("users") {
        for (field, why) in [(&kind, "they come when they have thought"), (&most, "there are `users` of them")] {
            if let Some(item) = field {
                item.problem_at_key(format!("`{}` has no effect on users: {why}", item.name), "remove it");
            }
        }
        return Spec { process: closed(fields, &users, think), profile, ..Spec::default() };
    }
    if let Some(think) = think {
        think.problem_at_key("`think_time` has no effect without `users`", "add `users: 100`, or remove it");
    }
    let max_users = most.and_then(|item| item.whole(1, MOST));
    let mut bursts = None;
    let mut constant = false;
    match &kind {
        Some(item) if item.is_map() => match read_kind(item) {
            Some(Kind::Bursty(read)) => bursts = Some(read),
            Some(Kind::Recorded(times)) => {
                for item in [&rate, &shape].into_iter().flatten() {
                    let message = format!("`{}` has no effect on recorded arrivals", item.name);
                    item.problem_at_key(message, "remove it: the recording says when requests come");
                }
                return Spec { process: Some(Process::Recorded(times)), max_users, ..Spec::default() };
            }
            None => return Spec::default(),
        },
        Some(item) => constant = item.word(&[("poisson", false), ("constant", true)]).unwrap_or(false),
        None => {}
    }
    if rate.is_none() {
        fields.required("rate", "rate: 100/s");
    }
    let process = per_second.map(|rate| if constant { Process::Constant(rate) } else { Process::Poisson(rate) });
    Spec { process, profile, bursts, max_users }
}

fn closed(fields: &Fields<'_>, users: &Item<'_>, think: Option<Item<'_>>) -> Option<Process> {
    if think.is_none() {
        let message = format!("the users of `{}` have no `think_time`", fields.name);
        users.problem_at_key(message, "add the time between an answer and the next request, such as `think_time: 5s`");
    }
    let number = users.whole(1, MOST)?;
    Some(Process::Closed(number, Dist::read(&think?)?))
}

enum Kind {
    Bursty(Bursts),
    Recorded(Vec<SimDuration>),
}

fn read_kind(item: &Item<'_>) -> Option<Kind> {
    let mut fields = item.shaped(&KIND)?;
    let (bursty, recorded) = (fields.optional("bursty"), fields.optional("recorded"));
    fields.finish();
    match (bursty, recorded) {
        (Some(bursty), None) => read_bursts(&bursty).map(Kind::Bursty),
        (None, Some(recorded)) => read_recorded(&recorded).map(Kind::Recorded),
        _ => {
            item.problem_at_key(
                "`arrivals` is one thing",
                "write `poisson`, `constant`, `{ bursty: … }` or `{ recorded: … }`",
            );
            None
        }
    }
}

fn read_bursts(item: &Item<'_>) -> Option<Bursts> {
    let mut fields = item.shaped(&BURSTY)?;
    let factor = fields.required("factor", "factor: 5x");
    let length = fields.required("for", "for: 10s").and_then(|item| item.positive_duration());
    let every = fields.required("every", "every: 60s");
    fields.finish();
    let (factor_item, every_item) = (factor?, every?);
    let (factor, every) = (factor_item.factor()?, every_item.positive_duration()?);
    let length = length?;
    if factor <= 1.0 {
        factor_item.problem("a burst is more than usual", "write a multiple above 1x, such as `5x`");
        return None;
    }
    if every <= length {
        every_item.problem("bursts would overlap", format!("write more than their length, {length}"));
        return None;
    }
    Some(Bursts { factor, length, every })
}

fn read_recorded(item: &Item<'_>) -> Option<Vec<SimDuration>> {
    let (_, rows) = item.csv(1)?;
    let mut times = Vec::with_capacity(rows.len());
    for (line, cells) in rows {
        let cell = cells[0].as_str();
        let time = cell.parse().map(SimDuration::from_seconds).or_else(|_| parse_duration(cell));
        match time {
            Ok(time) if times.last().is_none_or(|last| *last <= time) => times.push(time),
            Ok(_) => {
                item.csv_problem(line, "times go back", "sort the lines");
                return None;
            }
            Err(_) => {
                item.csv_problem(
                    line,
                    &format!("`{cell}` is not a time"),
                    "write seconds, or a duration such as `1.5s`",
                );
                return None;
            }
        }
    }
    Some(times)
}

fn read_course(item: &Item<'_>, rate: Option<f64>) -> Option<Profile> {
    let mut fields = item.shaped(&COURSE)?;
    let forms = ["ramp", "stages", "spike", "diurnal", "series"];
    let written: Vec<Item<'_>> = forms.into_iter().filter_map(|form| fields.optional(form)).collect();
    fields.finish();
    let [form] = written.as_slice() else {
        item.problem_at_key("a shape is one thing", "write one of `ramp`, `stages`, `spike`, `diurnal` and `series`");
        return None;
    };
    match form.name.as_str() {
        "ramp" => ramp(form),
        "stages" => stages(form),
        "spike" => spike(form),
        "diurnal" => diurnal(form),
        _ => series(form, rate),
    }
}

fn ramp(item: &Item<'_>) -> Option<Profile> {
    let mut fields = item.shaped(&RAMP)?;
    let from = fields.optional("from").map_or(Some(1.0), |item| item.factor());
    let to = fields.required("to", "to: 10x").and_then(|item| item.factor());
    let over = fields.required("over", "over: 60s").and_then(|item| item.positive_duration());
    let at = fields.optional("at").map_or(Some(SimDuration::ZERO), |item| item.duration());
    fields.finish();
    let at = at?;
    Some(Profile::new(vec![(at, from?), (at + over?, to?)]))
}

fn stages(item: &Item<'_>) -> Option<Profile> {
    let mut points = vec![(SimDuration::ZERO, 1.0)];
    for stage in item.items() {
        let mut fields = stage.shaped(&STAGE)?;
        let to = fields.required("to", "to: 2x").and_then(|item| item.factor());
        let over = fields.required("over", "over: 30s").and_then(|item| item.duration());
        fields.finish();
        let begin = points[points.len() - 1].0;
        points.push((begin + over?, to?));
    }
    Some(Profile::new(points))
}

fn spike(item: &Item<'_>) -> Option<Profile> {
    let mut fields = item.shaped(&SPIKE)?;
    let to = fields.required("to", "to: 10x").and_then(|item| item.factor());
    let at = fields.required("at", "at: 60s").and_then(|item| item.duration());
    let length = fields.required("for", "for: 30s").and_then(|item| item.positive_duration());
    fields.finish();
    let (at, to) = (at?, to?);
    let end = at + length?;
    Some(Profile::new(vec![(SimDuration::ZERO, 1.0), (at, 1.0), (at, to), (end, to), (end, 1.0)]))
}

fn diurnal(item: &Item<'_>) -> Option<Profile> {
    let mut fields = item.shaped(&DIURNAL)?;
    let amplitude = fields.required("amplitude", "amplitude: 60%").and_then(|item| item.positive_ratio());
    let day = SimDuration::from_secs(86_400);
    let period = fields.optional("period").map_or(Some(day), |item| item.positive_duration());
    let phase = fields.optional("phase").map_or(Some(SimDuration::ZERO), |item| item.duration());
    fields.finish();
    Some(Profile::diurnal(amplitude?, period?, phase?))
}

fn series(item: &Item<'_>, rate: Option<f64>) -> Option<Profile> {
    let mut fields = item.shaped(&SERIES)?;
    let file = fields.required("file", "file: rates.csv");
    let every = fields.required("every", "every: 1min").and_then(|item| item.positive_duration());
    fields.finish();
    let (file, every) = (file?, every?);
    let (_, rows) = file.csv(1)?;
    let mut points = Vec::with_capacity(2 * rows.len());
    for (i, (line, cells)) in rows.into_iter().enumerate() {
        let cell = cells[0].as_str();
        let zero = matches!(cell, "0" | "0x");
        let value = match (cell.contains('/'), rate) {
            (true, Some(rate)) => parse_rate(cell).map(|value| value / rate),
            (true, None) => {
                file.csv_problem(line, "a rate has no meaning without a `rate`", "write multiples, such as `2x`");
                return None;
            }
            (false, _) if zero => Ok(0.0),
            (false, _) => parse_factor(cell),
        };
        let Ok(value) = value else {
            file.csv_problem(line, &format!("`{cell}` is neither a multiple nor a rate"), "write `2x` or `300/s`");
            return None;
        };
        // Each step has both of its ends, the last one too: a run is as long as the shape.
        let start = every.0.saturating_mul(i as u64);
        points.extend([start, start.saturating_add(every.0)].map(|at| (SimDuration(at), value)));
    }
    Some(Profile::new(points))
}
