//! How what is said about wrong models looks: the place, the line, and what to try.

use super::{refused, valid};

#[test]
fn names_that_mean_nothing() {
    insta::assert_snapshot!(
        refused("traffic: { rate: 1/s, mix: { web.hme: 50%, wbe: 50% } }\nservices:\n  web: { endpoints: { home: { work: 1ms, calls: [api] } } }\n  api:\n    endpoints: { get: { work: 1ms }, put: [ { call: api.delete }, { call: nobody } ] }\n"),
        @"
    error: `web` has no endpoint `hme`
     --> m.yaml:1:30
      |
    1 | traffic: { rate: 1/s, mix: { web.hme: 50%, wbe: 50% } }
      |                              ^^^^^^^
      |
      = help: did you mean `web.home`?

    error: there is no `wbe`
     --> m.yaml:1:44
      |
    1 | traffic: { rate: 1/s, mix: { web.hme: 50%, wbe: 50% } }
      |                                            ^^^
      |
      = help: did you mean `web`?

    error: `api` has several endpoints
     --> m.yaml:3:50
      |
    3 |   web: { endpoints: { home: { work: 1ms, calls: [api] } } }
      |                                                  ^^^
      |
      = help: write one of `api.get` and `api.put`

    error: `api` has no endpoint `delete`
     --> m.yaml:5:53
      |
    5 |     endpoints: { get: { work: 1ms }, put: [ { call: api.delete }, { call: nobody } ] }
      |                                                     ^^^^^^^^^^
      |
      = help: `api` has `get` and `put`

    error: there is no `nobody`
     --> m.yaml:5:75
      |
    5 |     endpoints: { get: { work: 1ms }, put: [ { call: api.delete }, { call: nobody } ] }
      |                                                                           ^^^^^^
      |
      = help: the model has `api` and `web`
    "
    );
}

#[test]
fn endless_calls() {
    insta::assert_snapshot!(
        refused("traffic: { rate: 1/s, to: a.x }\nservices:\n  a: { endpoints: { x: { calls: [b.y] }, z: { work: 1ms } } }\n  b:\n    endpoints:\n      y: [ { chance: { p: 1%, steps: [ { call: c } ] } } ]\n  c: { work: 1ms, calls: [a.z, b.y] }\n  d: { work: 1ms, calls: [d] }\n"),
        @"
    error: endpoints call each other without end
     --> m.yaml:7:32
      |
    7 |   c: { work: 1ms, calls: [a.z, b.y] }
      |                                ^^^
      |
      = help: b.y > c.call > b.y: remove one of these calls

    error: `d.call` calls itself without end
     --> m.yaml:8:27
      |
    8 |   d: { work: 1ms, calls: [d] }
      |                           ^
      |
      = help: d.call > d.call: remove one of these calls
    "
    );
    valid(
        "traffic: { rate: 1/s, to: a.x }\nservices: { a: { endpoints: { x: { calls: [b] }, z: { work: 1ms } } }, b: { work: 1ms, calls: [a.z] } }\n",
    );
}

#[test]
fn a_mix_that_does_not_add_up() {
    insta::assert_snapshot!(
        refused("traffic:\n  a: { rate: 1/s, mix: { web: 60%, api: 30% } }\n  b: { users: 5, rate: 1/s, to: web }\n  c: { rate: 1, mix: { web: 130% } }\n  d: { rate: 1/s }\n  e: { rate: 1/s, arrivals: evenly, to: web, mix: {} }\nservices: { web: { work: 1ms }, api: { work: 1ms } }\n"),
        @"
    error: `mix` does not sum to 100%
     --> m.yaml:2:19
      |
    2 |   a: { rate: 1/s, mix: { web: 60%, api: 30% } }
      |                   ^^^
      |
      = help: the shares sum to 90%

    error: `rate` and `users` exclude each other
     --> m.yaml:3:8
      |
    3 |   b: { users: 5, rate: 1/s, to: web }
      |        ^^^^^
      |
      = help: open traffic has a `rate`; closed traffic has `users` and a `think_time`

    error: the users of `b` have no `think_time`
     --> m.yaml:3:8
      |
    3 |   b: { users: 5, rate: 1/s, to: web }
      |        ^^^^^
      |
      = help: add the time between an answer and the next request, such as `think_time: 5s`

    error: `1` is not a rate
     --> m.yaml:4:14
      |
    4 |   c: { rate: 1, mix: { web: 130% } }
      |              ^
      |
      = help: write per what: `1/s`

    error: `130%` is not between 0% and 100%
     --> m.yaml:4:29
      |
    4 |   c: { rate: 1, mix: { web: 130% } }
      |                             ^^^^
      |
      = help: a share of something is at most 100%

    error: `d` calls nothing
     --> m.yaml:5:3
      |
    5 |   d: { rate: 1/s }
      |   ^
      |
      = help: add `to: api`, or `mix: { web.home: 60%, web.search: 40% }`

    error: `evenly` is no `arrivals`
     --> m.yaml:6:29
      |
    6 |   e: { rate: 1/s, arrivals: evenly, to: web, mix: {} }
      |                             ^^^^^^
      |
      = help: write one of `poisson` and `constant`

    error: `to` and `mix` exclude each other
     --> m.yaml:6:46
      |
    6 |   e: { rate: 1/s, arrivals: evenly, to: web, mix: {} }
      |                                              ^^^
      |
      = help: write `to` for one thing, `mix` for several
    "
    );
}
