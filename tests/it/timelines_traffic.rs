//! When requests come, worked out by hand.

use crate::common::{counts, duration, model, run};

/// Evenly spaced at 1/s, growing from 1x to 3x over 8 s: by the time t the integral t + t² / 8 has come. The n-th request comes
/// at -4 + sqrt(16 + 8 n) s: the 6th at 4 s, the 16th at 8 s, and 3/s from then on.
#[test]
fn evenly_spaced_requests_on_a_ramp() {
    let text = "
traffic: { people: { rate: 1/s, arrivals: constant, shape: { ramp: { to: 3x, over: 8s } }, to: api } }
services: { api: { work: { constant: 1ms } } }
";
    for (until, came) in [("3900ms", 5), ("3999ms", 5), ("4001ms", 6), ("7999ms", 15), ("8001ms", 16), ("9001ms", 19)] {
        assert_eq!(counts(run(text, until, &[]).source("people"))[0], came, "{until}");
    }
}

/// Two a second for one user, who takes 800 ms for each.
///
/// | meant at | starts at | answered at | latency |
/// |---|---|---|---|
/// | 0.5 s | 0.5 s | 1.3 s | 0.8 s |
/// | 1.0 s | 1.3 s | 2.1 s | 1.1 s |
/// | 1.5 s | 2.1 s | 2.9 s | 1.4 s |
/// | 2.0 s | 2.9 s | 3.7 s | 1.7 s |
#[test]
fn latency_counts_from_when_a_request_was_meant_to_start() {
    let text = "
traffic: { people: { rate: 2/s, arrivals: constant, max_users: 1, to: api } }
services: { api: { work: { constant: 800ms } } }
";
    let run = run(text, "2100ms", &[]);
    assert_eq!(counts(run.source("people")), [4, 4, 0, 0]);
    assert_eq!(run.latency_sum("people").millis(), 800.0 + 1100.0 + 1400.0 + 1700.0);
    assert_eq!(run.measured.sources[0].late, 3);
}

/// The file says 1, 2.5, 2.5 and 4 s.
#[test]
fn recorded_requests_come_at_their_times() {
    let text = "
traffic: { people: { arrivals: { recorded: times.csv }, to: api } }
services: { api: { work: { constant: 1ms } } }
";
    for (until, came) in [("999ms", 0), ("1001ms", 1), ("2499ms", 1), ("2501ms", 3), ("10s", 4)] {
        assert_eq!(counts(run(text, until, &[]).source("people"))[0], came, "{until}");
    }
}

/// Three steps of 20 s are a minute: the last one lasts as long as the others, and a run that is as long as the shape has it whole.
#[test]
fn a_series_ends_with_its_last_step() {
    let text = "
traffic: { people: { rate: 1/s, shape: { series: { file: rates.csv, every: 20s } }, to: api } }
services: { api: { work: { constant: 1ms } } }
";
    let model = model(text);
    assert_eq!(model.plan.sources[0].profile.as_ref().unwrap().length(), duration("60s"));
}

/// Twenty users who think for exactly a second and are answered at once; from 2.5 s on only ten are wanted: as each has its
/// answer at 3 s, ten leave.
#[test]
fn a_crowd_shrinks_as_its_users_have_their_answers() {
    let shape = "{ stages: [ { to: 1x, over: 2500ms }, { to: 0.5x, over: 0s } ] }";
    let text = format!(
        "
traffic: {{ people: {{ users: 20, think_time: {{ constant: 1s }}, shape: {shape}, to: api }} }}
services: {{ api: {{ work: {{ constant: 0s }} }} }}
"
    );
    for (until, came) in [("1500ms", 20), ("2500ms", 40), ("3500ms", 60), ("4500ms", 70), ("5500ms", 80)] {
        assert_eq!(counts(run(&text, until, &[]).source("people"))[0], came, "{until}");
    }
}
