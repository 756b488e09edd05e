//! Tenfold: find out what breaks at ten times the load, and which fix helps, before you build it.
//!
//! An architecture is described in YAML, compiled to a flat plan, and simulated event by event. What was measured is
//! compared between runs that share their random numbers, judged, and reported. The command `simulate` does all of it;
//! this library is the same few functions.
//!
//! # A first run
//!
//! ```
//! use tenfold::engine::Limits;
//! use tenfold::measure::Trial;
//! use tenfold::model::Model;
//! use tenfold::units::SimDuration;
//!
//! let text = "
//! traffic: { rate: 100/s, to: api }
//! services: { api: { work: 5ms, calls: [ db ] } }
//! databases: { db: { connections: 2, query: 10ms } }
//! ";
//! let model = Model::read("three-lines.yaml", text).map_err(|problems| format!("{problems:?}"))?;
//! let trial = Trial {
//!     plan: &model.plan,
//!     load: 1.0,
//!     seed: 1,
//!     replication: 0,
//!     timeline: vec![],                            // nothing fails
//!     warmup: SimDuration::from_secs(10),
//!     late: SimDuration::ZERO,
//!     measured: SimDuration::from_secs(60),
//!     window: SimDuration::from_secs(1),
//!     limits: Limits::default(),
//! };
//! let measured = trial.run();
//!
//! // 100 requests a second of 10 ms each keep one of two connections busy.
//! let connections = measured.resources.iter().find(|r| r.name == "db.connections").expect("it has a limit");
//! assert!((connections.utilization - 0.5).abs() < 0.05);
//! assert_eq!(measured.sources[0].total.failed(), 0);
//! # Ok::<(), String>(())
//! ```
//!
//! # The way the data flows
//!
//! ```text
//! YAML ──▶ model ──▶ plan ──▶ engine ──▶ measure ──▶ experiments ──▶ findings ──▶ report ──▶ cli
//! ```
//!
//! Each room imports only from rooms before it, and the two sides of the plan never import each other: what writes
//! plans knows no events, what runs them knows no YAML. A test holds this.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`units`] | instants, durations, rates, shares, and how people write them |
//! | [`yaml`] | YAML as nodes that know their place; problems that show the line |
//! | [`random`] | one named stream of random numbers for each cause; distributions |
//! | [`policies`] | circuit breaker, retry, rate limit: state machines that know neither events nor YAML |
//! | [`plan`] | the narrow waist: stations, programs, edges, and the knobs that faults turn |
//! | [`graph`] | what a plan shows without running it: visits, bounds, amplification, time-outs that contradict each other |
//! | [`faults`] | what can go wrong on purpose |
//! | [`kinds`] | service, database, cache, queue, external API: how each is read and compiled |
//! | [`model`] | a whole file: traffic, components, objectives, scenarios |
//! | [`engine`] | the simulation: frames, calls, queues, one event at a time |
//! | [`measure`] | a trial, its histograms and series, its single requests, estimates over several |
//! | [`experiments`] | which runs to compare: load, capacity, doubling, failures, guards |
//! | [`verify`] | the engine against queueing theory: models whose answer is known |
//! | [`report`] | how it reads, for people and for programs |
//! | [`cli`] | the command |
//!
//! # What always holds
//!
//! - The same model, options and version give the same bytes, whatever the number of threads. Time is an integer count
//!   of nanoseconds, events of one instant have a documented order, and random numbers belong to named causes.
//! - Every request is accounted for exactly once, and the books are checked after every run of a debug build.
//! - A world is plain data: it can be forked at any time, and a fork goes on as the whole would have.
//! - Memory follows what is in progress, never the length of a run.
//!
//! The [`guide`] has a tutorial, recipes, the language, how the engine works, how results are judged, and what is left out.

pub mod cli;
pub mod engine;
pub mod experiments;
pub mod faults;
pub mod findings;
pub mod graph;
pub mod guide;
pub mod kinds;
pub mod measure;
pub mod model;
pub mod plan;
pub mod policies;
pub mod random;
pub mod report;
pub mod units;
pub mod verify;
pub mod yaml;
