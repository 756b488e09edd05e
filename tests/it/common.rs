//! What the tests share: reading a model written in place, and running it as any other model is run.

use tenfold::engine::{Cause, EdgeTally, Limits, TopicTally};
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{Measurements, SETTLE, Served, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::{SimDuration, parse_duration};
use tenfold::yaml::{self, Files};

/// The model in `text`, or its problems as the user would see them.
pub fn model(text: &str) -> Model {
    Model::read_with("inline.yaml", text, Files::new(file))
        .unwrap_or_else(|problems| panic!("\n{}", yaml::render("inline.yaml", text, &problems, false)))
}

/// The files that models written in place may name.
fn file(name: &str) -> Result<String, String> {
    let text = match name {
        "rates.csv" => "1x\n2x\n3x\n",
        "times.csv" => "seconds\n1\n2.5\n2.5\n4s\n",
        "more.csv" => "1\n2\n3\n4\n5\n6\n7\n8\n",
        "fast.csv" => "latency_ms,count\n2,50\n4,50\n",
        "slow.csv" => "latency_ms,count\n8,50\n12,50\n",
        _ => return Err(format!("there is no file {name}")),
    };
    Ok(text.into())
}

/// A model of the `models` directory.
pub fn shipped(name: &str) -> Model {
    let path = format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    Model::read(&path, &text).unwrap_or_else(|problems| panic!("\n{}", yaml::render(&path, &text, &problems, false)))
}

pub fn duration(text: &str) -> SimDuration {
    parse_duration(text).unwrap()
}

/// One replication at load 1x and seed 1, without warm-up.
pub fn trial<'m>(model: &'m Model, measured: &str, faults: &[&str]) -> Trial<'m> {
    let faults: Vec<Fault> = faults.iter().map(|f| Fault::parse_flag(f).unwrap()).collect();
    for fault in &faults {
        fault.check(&model.plan).unwrap();
    }
    let luck = Luck { seed: 1, replication: 0, until: duration(measured) + SETTLE };
    Trial {
        plan: &model.plan,
        load: 1.0,
        seed: 1,
        replication: 0,
        timeline: faults::timeline(&model.plan, &Knobs::baseline(&model.plan, 1.0), &faults, luck),
        warmup: SimDuration::ZERO,
        late: SimDuration::ZERO,
        measured: duration(measured),
        window: duration("1s"),
        limits: Limits::default(),
    }
}

/// A model with what was measured, by name.
pub struct Run {
    pub model: Model,
    pub measured: Measurements,
}

/// Reads and runs.
pub fn run(text: &str, measured: &str, faults: &[&str]) -> Run {
    let model = model(text);
    let measured = trial(&model, measured, faults).run();
    Run { model, measured }
}

impl Run {
    pub fn served(&self, endpoint: &str) -> &Served {
        &self.measured.endpoints[self.model.plan.endpoint(endpoint).expect(endpoint).index()]
    }

    pub fn source(&self, name: &str) -> &Served {
        &self.measured.sources[self.model.plan.source(name).expect(name).index()].total
    }

    pub fn edge(&self, name: &str) -> &EdgeTally {
        &self.measured.edges[self.model.plan.edge(name).expect(name).index()]
    }

    pub fn topic(&self, name: &str) -> &TopicTally {
        let component = self.model.plan.component(name).expect(name);
        let at = self.model.plan.topics.iter().position(|t| t.component == component).expect(name);
        &self.measured.topics[at]
    }

    /// Time from request to answer, as the users of `source` saw it, summed over the answered ones: exact.
    pub fn latency_sum(&self, source: &str) -> SimDuration {
        SimDuration(u64::try_from(self.source(source).latency.sum()).unwrap())
    }
}

/// Offered, succeeded, degraded and failed; nothing may be in flight.
pub fn counts(served: &Served) -> [u64; 4] {
    assert_eq!(served.in_flight, 0, "{served:?}");
    [served.offered, served.succeeded, served.degraded, served.failures.iter().sum()]
}

pub fn failed(served: &Served, cause: Cause) -> u64 {
    served.failures[cause as usize]
}

#[track_caller]
pub fn close(actual: f64, expected: f64) {
    assert!((actual - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{actual} is not {expected}");
}
