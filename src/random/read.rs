//! How distributions are written in a model.

use super::{Count, Dist, samples};
use crate::units::SimDuration;
use crate::yaml::{Alias, Field, Fields, Item, Shape, Takes, list};

/// Every way to write a distribution of times as a map, by its first field.
const FORMS: &[&str] = &[
    "p50",
    "mean",
    "constant",
    "exponential",
    "uniform",
    "gamma",
    "erlang",
    "weibull",
    "pareto",
    "mixture",
    "empirical",
    "histogram",
];

/// A time that is sampled: a bare duration is the mean of an exponential distribution.
pub static TIME: Alias = Alias {
    name: "time",
    about: "A time that is sampled. A bare duration is the mean of an exponential distribution.",
    takes: Takes::Any(TIMES),
};

static TIMES: &[Takes] =
    &[Takes::Duration, Takes::Map(&DISTRIBUTION), Takes::Map(&PERCENTILES), Takes::Map(&MEAN_AND_CV)];

/// A time that is a setting: a bare duration is constant.
pub static SETTING: Alias = Alias {
    name: "setting",
    about: "A time, perhaps a sampled one. A bare duration is constant.",
    takes: Takes::Any(TIMES),
};

/// How often a loop runs.
pub static COUNT: Alias = Alias {
    name: "count",
    about: "How often. A bare number is constant.",
    takes: Takes::Any(&[Takes::Whole(0, MOST_TIMES), Takes::Map(&BETWEEN), Takes::Map(&GEOMETRIC)]),
};

static DISTRIBUTION: Shape = Shape::new(
    "distribution",
    "A distribution of times, by its name.",
    &[
        Field::new("constant", Takes::Duration, "Always the same."),
        Field::new("exponential", Takes::Duration, "Exponential with this mean."),
        Field::new("uniform", Takes::List(&Takes::Duration), "Any time between two, such as `[1ms, 3ms]`."),
        Field::new(
            "gamma",
            Takes::Map(&SHAPED),
            "Gamma with this mean; its squared coefficient of variation is 1 / shape.",
        ),
        Field::new("erlang", Takes::Map(&SHAPED), "Gamma with a whole shape: the sum of so many exponential times."),
        Field::new("weibull", Takes::Map(&SHAPED), "Weibull with this mean: shapes below 1 have a heavy tail."),
        Field::new("pareto", Takes::Map(&SHAPED), "Pareto with this mean: the shape is the tail index, above 1."),
        Field::new("mixture", Takes::List(&Takes::Map(&PART)), "One of several; the shares sum to 100%."),
        Field::new(
            "empirical",
            Takes::Any(&[Takes::List(&Takes::Duration), Takes::Map(&SAMPLES)]),
            "One of these samples, each equally likely.",
        ),
        Field::new(
            "histogram",
            Takes::Any(&[Takes::List(&Takes::Map(&BUCKET)), Takes::Map(&BUCKETS)]),
            "A bucket by its share, and any time within it.",
        ),
    ],
)
.one_of();

static PERCENTILES: Shape = Shape::new(
    "percentiles",
    "Lognormal with these percentiles: sigma = ln(p99/p50) / 2.326.",
    &[
        Field::required("p50", Takes::Duration, "The median."),
        Field::required("p99", Takes::Duration, "The 99th percentile, at least the median."),
    ],
);

static MEAN_AND_CV: Shape = Shape::new(
    "mean_and_cv",
    "Lognormal with this mean and coefficient of variation.",
    &[
        Field::required("mean", Takes::Duration, "The mean."),
        Field::required("cv", Takes::Number, "Standard deviation divided by the mean, from 0 to 100."),
    ],
);

static SHAPED: Shape = Shape::new(
    "mean_and_shape",
    "A family of distributions, by its mean.",
    &[
        Field::required("mean", Takes::Duration, "The mean."),
        Field::required("shape", Takes::Number, "The shape, from 0.05 to 1000: the larger, the less it varies."),
    ],
);

static PART: Shape = Shape::new(
    "part",
    "A part of a mixture.",
    &[
        Field::required("p", Takes::Share, "Its share."),
        Field::required("time", Takes::Alias(&TIME), "How long it then takes."),
    ],
);

static SAMPLES: Shape = Shape::new(
    "samples",
    "Samples in a file.",
    &[Field::required(
        "file",
        Takes::Text,
        "A CSV file whose first column has durations, or numbers in the unit that its heading names (`ms`, `latency_us`); in \
         seconds without one.",
    )],
);

static BUCKET: Shape = Shape::new(
    "bucket",
    "A bucket of a histogram; it begins where the one before ends, the first at 0 s.",
    &[
        Field::required("up_to", Takes::Duration, "Where it ends."),
        Field::required("share", Takes::Share, "Its share; the shares sum to 100%."),
    ],
);

static BUCKETS: Shape = Shape::new(
    "buckets",
    "A histogram in a file.",
    &[Field::required(
        "file",
        Takes::Text,
        "A CSV file with the upper end of each bucket, as in a file of samples, and how many there are in it.",
    )],
);

static BETWEEN: Shape = Shape::new(
    "between",
    "Any number from one to another, equally likely.",
    &[
        Field::required("min", Takes::Whole(0, MOST_TIMES), "The smallest."),
        Field::required("max", Takes::Whole(0, MOST_TIMES), "The largest."),
    ],
);

static GEOMETRIC: Shape = Shape::new(
    "geometric",
    "Geometric from 0 on.",
    &[Field::required("mean", Takes::Number, "The mean, at most 1000.")],
);

/// The most often a loop runs.
const MOST_TIMES: u32 = 100_000;

impl Dist {
    /// Reads a time that is sampled (work, a query, an external latency, a think time). A bare duration is the mean of an
    /// exponential distribution; otherwise one of
    ///
    /// - `{ p50: 4ms, p99: 30ms }`: lognormal with these percentiles
    /// - `{ mean: 5ms, cv: 0.5 }`: lognormal with this mean and coefficient of variation
    /// - `{ constant: 5ms }`, `{ exponential: 5ms }`, `{ uniform: [1ms, 3ms] }`
    /// - `{ gamma: { mean: 5ms, shape: 2 } }`; `erlang` (a whole shape), `weibull` and `pareto` (a shape above 1) likewise
    /// - `{ mixture: [ { p: 90%, time: 1ms }, { p: 10%, time: { constant: 50ms } } ] }`
    /// - `{ empirical: [1ms, 2ms, 9ms] }`: one of the samples, each equally likely; `{ empirical: { file: latencies.csv } }`
    /// - `{ histogram: [ { up_to: 10ms, share: 40% }, … ] }`, or its file
    pub fn read(item: &Item<'_>) -> Option<Dist> {
        read(item, |mean| match mean {
            SimDuration::ZERO => Dist::Constant(mean),
            _ => Dist::Exponential { mean: mean.0 as f64 },
        })
    }

    /// Reads a time that is a setting (network, sleep): as [`Dist::read`], but a bare duration is constant.
    pub fn read_setting(item: &Item<'_>) -> Option<Dist> {
        read(item, Dist::Constant)
    }
}

fn read(item: &Item<'_>, bare: fn(SimDuration) -> Dist) -> Option<Dist> {
    if !item.is_map() {
        return item.duration().map(bare);
    }
    let mut fields = item.fields()?;
    let Some(form) = FORMS.iter().copied().find(|form| fields.has(form)) else {
        let hint = format!("write a duration, or a map with one of {}", list(FORMS.iter().copied()));
        item.problem_at_key(format!("`{}` names no distribution", item.name), hint);
        return None;
    };
    let dist = match form {
        "p50" => percentiles(&mut fields),
        "mean" => mean_and_cv(&mut fields),
        _ => fields.optional(form).and_then(|item| single(form, &item)),
    };
    fields.finish();
    dist
}

fn percentiles(fields: &mut Fields<'_>) -> Option<Dist> {
    let p50 = fields.required("p50", "p50: 5ms").and_then(|item| item.positive_duration());
    let p99_item = fields.required("p99", "p99: 50ms")?;
    let (p50, p99) = (p50?, p99_item.positive_duration()?);
    if p99 < p50 {
        p99_item.problem(format!("p99 ({p99}) is below p50 ({p50})"), "the 99th percentile is at least the median");
        return None;
    }
    Some(Dist::from_percentiles(p50, p99))
}

fn mean_and_cv(fields: &mut Fields<'_>) -> Option<Dist> {
    let mean = fields.required("mean", "mean: 5ms").and_then(|item| item.positive_duration());
    let cv_item = fields.required("cv", "cv: 0.5")?;
    let cv = cv_item.number()?;
    if cv > 100.0 {
        cv_item
            .problem("the coefficient of variation is above 100", "write the standard deviation divided by the mean");
        return None;
    }
    Some(if cv == 0.0 { Dist::Constant(mean?) } else { Dist::from_mean_cv(mean?, cv) })
}

fn single(form: &str, item: &Item<'_>) -> Option<Dist> {
    match form {
        "constant" => item.duration().map(Dist::Constant),
        "exponential" => item.positive_duration().map(|mean| Dist::Exponential { mean: mean.0 as f64 }),
        "uniform" => uniform(item),
        "mixture" => mixture(item),
        "empirical" if item.is_map() => samples::empirical(item, &SAMPLES),
        "empirical" => empirical(item),
        "histogram" => samples::histogram(item, &BUCKET, &BUCKETS),
        _ => shaped(form, item),
    }
}

fn uniform(item: &Item<'_>) -> Option<Dist> {
    let ends: Vec<Option<SimDuration>> = item.items().iter().map(Item::duration).collect();
    match ends.as_slice() {
        [Some(low), Some(high)] if low <= high => Some(Dist::Uniform { low: low.0 as f64, high: high.0 as f64 }),
        [None, _] | [_, None] => None,
        _ => {
            item.problem("`uniform` takes the shortest and the longest time", "write two times, such as `[1ms, 3ms]`");
            None
        }
    }
}

/// Gamma, Erlang, Weibull and Pareto are all written by their mean and their shape; the scale follows.
fn shaped(form: &str, item: &Item<'_>) -> Option<Dist> {
    let mut fields = item.shaped(&SHAPED)?;
    let mean = fields.required("mean", "mean: 5ms").and_then(|item| item.positive_duration());
    let shape_item = fields.required("shape", "shape: 2");
    fields.finish();
    let shape_item = shape_item?;
    let shape = shape_item.number()?;
    let wrong = match form {
        "erlang" if shape.fract() != 0.0 || shape < 1.0 => Some("a whole number from 1 on"),
        "pareto" if shape <= 1.0 => Some("above 1, or there is no mean"),
        _ if !(0.05..=1000.0).contains(&shape) => Some("between 0.05 and 1000"),
        _ => None,
    };
    if let Some(range) = wrong {
        shape_item.problem(format!("the shape of `{form}` is {range}"), "write for instance `shape: 2`");
        return None;
    }
    let mean = mean?.0 as f64;
    Some(match form {
        "weibull" => Dist::Weibull { shape, scale: mean / libm::tgamma(1.0 + 1.0 / shape) },
        "pareto" => Dist::Pareto { alpha: shape, scale: mean * (shape - 1.0) / shape },
        _ => Dist::Gamma { shape, scale: mean / shape },
    })
}

fn mixture(item: &Item<'_>) -> Option<Dist> {
    let mut parts = Vec::new();
    let mut whole = true;
    for part in item.items() {
        let mut fields = part.shaped(&PART)?;
        let p = fields.required("p", "p: 50%").and_then(|item| item.ratio());
        let time = fields.required("time", "time: 5ms").and_then(|item| Dist::read(&item));
        fields.finish();
        match (p, time) {
            (Some(p), Some(time)) => parts.push((p, time)),
            _ => whole = false,
        }
    }
    if !whole {
        return None;
    }
    cumulative(item, parts).map(Dist::Mixture)
}

fn empirical(item: &Item<'_>) -> Option<Dist> {
    let items = item.items();
    let samples: Vec<f64> = items.iter().filter_map(|item| item.duration().map(|d| d.0 as f64)).collect();
    if item.is_list() && items.is_empty() {
        item.problem_at_key("`empirical` has no samples", "write some, such as `[1ms, 2ms, 9ms]`");
        return None;
    }
    (!samples.is_empty() && samples.len() == items.len()).then_some(Dist::Empirical(samples))
}

/// Turns shares that must sum to 100% into cumulative ones; the last is exactly 1.
pub fn cumulative<T>(item: &Item<'_>, parts: Vec<(f64, T)>) -> Option<Vec<(f64, T)>> {
    let sum: f64 = parts.iter().map(|(share, _)| share).sum();
    // What people round to four digits need not sum to exactly one.
    if (sum - 1.0).abs() > 1e-6 {
        let hint = if parts.is_empty() {
            "write at least one".into()
        } else {
            format!("the shares sum to {}", crate::units::show_ratio(sum))
        };
        item.problem_at_key(format!("`{}` does not sum to 100%", item.name), hint);
        return None;
    }
    let last = parts.len() - 1;
    let mut up_to = 0.0;
    let add = |(i, (share, value)): (usize, (f64, T))| {
        up_to += share;
        (if i == last { 1.0 } else { up_to }, value)
    };
    Some(parts.into_iter().enumerate().map(add).collect())
}

impl Count {
    /// Reads how often something happens: `9`, `{ min: 1, max: 3 }` (any, equally likely) or `{ mean: 2.5 }` (geometric
    /// from 0 on).
    pub fn read(item: &Item<'_>) -> Option<Count> {
        if !item.is_map() {
            return item.whole(0, MOST_TIMES).map(Count::Constant);
        }
        if item.fields()?.has("mean") { geometric(item) } else { between(item) }
    }
}

fn geometric(item: &Item<'_>) -> Option<Count> {
    let mut fields = item.shaped(&GEOMETRIC)?;
    let mean = fields.required("mean", "mean: 2.5")?;
    fields.finish();
    let number = mean.number()?;
    if number > f64::from(MOST_TIMES) / 100.0 {
        mean.problem(format!("a mean of {number} is out of range"), "write at most 1000");
        return None;
    }
    Some(Count::Geometric(number))
}

fn between(item: &Item<'_>) -> Option<Count> {
    let mut fields = item.shaped(&BETWEEN)?;
    let min = fields.required("min", "min: 1").and_then(|item| item.whole(0, MOST_TIMES));
    let max_item = fields.required("max", "max: 3");
    fields.finish();
    let max_item = max_item?;
    let (min, max) = (min?, max_item.whole(0, MOST_TIMES)?);
    if max < min {
        max_item.problem(format!("`max` ({max}) is below `min` ({min})"), "write the larger number as `max`");
        return None;
    }
    Some(Count::Uniform(min, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Problems};

    fn both(yaml: &str) -> (Option<Dist>, Vec<String>) {
        let document = Document::parse("m.yaml", &format!("work: {yaml}\n")).expect(yaml);
        let problems = Problems::new();
        let dist = Dist::read(&Item::root(&document.root, &problems).entries()[0]);
        (dist, problems.into_vec().into_iter().map(|p| p.message).collect())
    }

    #[test]
    fn each_form_has_the_mean_it_is_given() {
        for (yaml, mean_ms) in [
            ("5ms", 5.0),
            ("{ p50: 5ms, p99: 5ms }", 5.0),
            ("{ mean: 5ms, cv: 0.5 }", 5.0),
            ("{ mean: 5ms, cv: 0 }", 5.0),
            ("{ constant: 5ms }", 5.0),
            ("{ exponential: 5ms }", 5.0),
            ("{ uniform: [4ms, 6ms] }", 5.0),
            ("{ gamma: { mean: 5ms, shape: 0.5 } }", 5.0),
            ("{ erlang: { mean: 5ms, shape: 3 } }", 5.0),
            ("{ weibull: { mean: 5ms, shape: 1.5 } }", 5.0),
            ("{ pareto: { mean: 5ms, shape: 2.5 } }", 5.0),
            ("{ mixture: [ { p: 75%, time: 2ms }, { p: 25%, time: { constant: 14ms } } ] }", 5.0),
            ("{ empirical: [1ms, 2ms, 12ms] }", 5.0),
        ] {
            let (dist, problems) = both(yaml);
            assert_eq!(problems, Vec::<String>::new(), "{yaml}");
            let mean = dist.expect(yaml).mean_ns() / 1e6;
            assert!((mean - mean_ms).abs() < 1e-9, "{yaml}: {mean}");
        }
        assert_eq!(both("5ms").0, Some(Dist::Exponential { mean: 5e6 }));
    }

    #[test]
    fn what_is_no_distribution_is_refused_once() {
        for (yaml, message) in [
            ("5", "`5` is not a duration"),
            ("{ median: 5ms }", "`work` names no distribution"),
            ("{ p50: 5ms }", "`work` has no `p99`"),
            ("{ p50: 5ms, p99: 1ms }", "p99 (1ms) is below p50 (5ms)"),
            ("{ p50: 5ms, p99: 9ms, p95: 7ms }", "unknown field `p95`"),
            ("{ uniform: [5ms] }", "`uniform` takes the shortest and the longest time"),
            ("{ pareto: { mean: 5ms, shape: 1 } }", "the shape of `pareto` is above 1, or there is no mean"),
            ("{ mixture: [ { p: 50%, time: 2ms } ] }", "`mixture` does not sum to 100%"),
            ("{ mixture: [] }", "`mixture` does not sum to 100%"),
            ("{ empirical: [] }", "`empirical` has no samples"),
            ("[1ms]", "`work` is a duration, but this is a list"),
        ] {
            let (dist, problems) = both(yaml);
            assert_eq!((dist.is_none() || yaml.contains("p95"), problems), (true, vec![message.to_string()]), "{yaml}");
        }
    }
}
