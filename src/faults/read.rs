//! Reading `- { latency: stripe, add: 5s, at: 60s, for: 120s }`.

use super::{FORMS, Fault, Form, Random, Settings, Strikes, Target};
use crate::plan::Origin;
use crate::units::SimDuration;
use crate::yaml::{Fields, Item, Problem, did_you_mean, list};

pub(super) fn read(item: &Item<'_>) -> Option<Fault> {
    if !item.is_map() {
        item.problem("this is not a fault", "write what goes wrong, such as `{ kill: orders-db, at: 60s, for: 30s }`");
        return None;
    }
    let mut fields = item.fields()?;
    let form = form_of(&fields)?;
    fields = fields.shaped(form.shape);
    let head = fields.optional(form.word)?;
    let written = head.text();
    let target = written.map(|text| match form.strikes {
        Strikes::Traffic => Target::Traffic,
        _ => Target::parse(text),
    });
    if let Some((misfit, hint)) = target.as_ref().and_then(|target| target.misfit(form.strikes)) {
        head.problem(format!("`{}` {misfit}", form.word), hint);
    }
    let mut settings = Settings::default();
    for field in form.settings() {
        if let Some(text) = fields.optional(field).and_then(|f| f.text()) {
            settings.0.push((field, text));
        }
    }
    let start = fields.optional("at").map_or(Some(SimDuration::ZERO), |f| f.duration());
    let duration = fields.optional("for").map(|f| f.positive_duration());
    let mut time = |name| fields.optional(name).and_then(|f| f.positive_duration());
    let (ramp, mtbf, mttr) = (time("ramp"), time("mtbf"), time("mttr"));
    let random = Random::of(mtbf, mttr).map_err(|e| item.problems().push(Problem::of_unit(head.place, e)));
    let kind = match (form.read)(&settings) {
        Ok(kind) => Some(kind),
        // A setting that is not even a scalar has been reported already.
        Err(e) if e.field.is_none() && form.settings().any(|f| fields.has(f)) => None,
        Err(e) => {
            let place = e.field.and_then(|f| fields.optional(f)).map_or(head.place, |f| f.value_place());
            item.problems().push(Problem::of_unit(place, e.error));
            None
        }
    };
    fields.finish();
    let origin = Origin { path: item.path.clone(), line: item.place.line, column: item.place.column };
    Some(Fault {
        kind: kind?,
        target: target?,
        start: start?,
        duration: duration.map_or(Some(None), |d| d.map(Some))?,
        ramp,
        random: random.ok()?,
        origin: Some(origin),
    })
}

/// The kind of fault: exactly one of the fields names it.
fn form_of(fields: &Fields<'_>) -> Option<&'static Form> {
    let words = || FORMS.iter().map(|f| f.word);
    let written = || FORMS.iter().filter(|f| fields.has(f.word));
    // `load` is a fault, and a setting of `cpu`.
    let is_setting =
        |word: &str| written().any(|other| other.word != word && other.settings().any(|name| name == word));
    let mut found = written().filter(|f| !is_setting(f.word));
    let Some(form) = found.next() else {
        let near = fields.names().find_map(|name| did_you_mean(name, words()));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`? The faults are {}", list(words())),
            None => format!("name one of {}, such as `{{ kill: orders-db, at: 60s, for: 30s }}`", list(words())),
        };
        fields.problem("this does not say what goes wrong", hint);
        return None;
    };
    if let Some(other) = found.next() {
        let message = format!("this is two faults, `{}` and `{}`", form.word, other.word);
        fields.problem(message, "write one item for each; they may overlap in time");
        return None;
    }
    Some(*form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Problems};

    fn read_all(faults: &str) -> (Vec<Option<Fault>>, Vec<Problem>) {
        let document = Document::parse("model.yaml", &format!("faults:\n{faults}")).unwrap();
        let problems = Problems::new();
        let faults = Item::root(&document.root, &problems).fields().unwrap().optional("faults").unwrap();
        let faults = faults.items().iter().map(Fault::read).collect();
        (faults, problems.into_vec())
    }

    #[test]
    fn faults_read_the_same_from_a_model_and_from_the_command_line() {
        let (faults, problems) = read_all(
            "  - { latency: stripe, add: 5s, at: 60s, for: 120s }
  - { latency: db, factor: 5x }
  - { kill: orders-db, at: 60s, for: 30s }
  - { kill: web, replicas: 1 }
  - { kill: web, share: 50% }
  - { errors: payments, share: 50% }
  - { partition: orders>payments }
  - { cache_flush: catalog-cache }
  - { consumer_stop: order-events }
  - { load: 3x, at: 10s, for: 5s }
  - { cpu: web, load: 80%, share: 50%, ramp: 5s, for: 10s }
  - { deploy: web, errors: 10%, factor: 2x }
  - { kill: web, each: true, mtbf: 1d, mttr: 10min }
  - { latency: db.read, factor: 3x }
  - { throttle: web>db, rate: 20/s }
  - { memory: web, factor: 4x, restart: 2s, replicas: 1, ramp: 60s }
  - { disk_full: db }
",
        );
        assert_eq!(problems, []);
        let flags = [
            "latency:stripe:+5s@60s+120s",
            "latency:db:5x",
            "kill:orders-db@60s+30s",
            "kill:web:1",
            "kill:web:50%",
            "errors:payments:50%",
            "partition:orders>payments",
            "cache_flush:catalog-cache",
            "consumer_stop:order-events",
            "load:3x@10s+5s",
            "cpu:web:80%:share=50%:ramp=5s@0s+10s",
            "deploy:web:10%:factor=2x",
            "kill:web:each=true:mtbf=1d:mttr=10min",
            "latency:db.read:3x",
            "throttle:web>db:20/s",
            "memory:web:4x:restart=2s:replicas=1:ramp=60s",
            "disk_full:db",
        ];
        assert_eq!(faults.len(), flags.len());
        for (i, (fault, flag)) in faults.into_iter().zip(flags).enumerate() {
            let fault = fault.unwrap();
            let origin = fault.origin.clone().unwrap();
            assert_eq!((origin.path, origin.line), (format!("faults.{i}"), i as u32 + 2));
            assert_eq!(Fault { origin: None, ..fault }, Fault::parse_flag(flag).unwrap());
        }
    }

    #[test]
    fn every_mistake_points_at_its_line() {
        let (faults, problems) = read_all(
            "  - { latncy: stripe, add: 5s }
  - { latency: stripe, kill: web }
  - { errors: payments }
  - { errors: payments, share: 0.5 }
  - { kill: web, replica: 1 }
  - { latency: stripe, add: 5, at: 60 }
  - { partition: [a, b] }
  - { kill: a>b }
  - nonsense
",
        );
        assert!(faults.iter().take(4).all(Option::is_none));
        let told: Vec<String> = problems
            .iter()
            .map(|p| format!("{}: {}; {}", p.place.unwrap().line, p.message, p.hint.as_deref().unwrap()))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        2: this does not say what goes wrong; did you mean `latency`? The faults are `kill`, `latency`, `errors`, `partition`, `cache_flush`, `consumer_stop`, `load`, `replication_lag`, `deploy`, `zone`, `hang`, `refuse`, `reset`, `cpu`, `throttle`, `failover` and 5 more
        3: this is two faults, `kill` and `latency`; write one item for each; they may overlap in time
        4: an errors fault needs to know the share of requests that fail; write it: `share: 50%`, or `errors:payments:50%` in --fail
        5: `0.5` is not a percentage; write it as a percentage: `50%`
        6: unknown field `replica`; did you mean `replicas`? The fields here are `kill`, `replicas`, `share`, `each`, `at`, `for`, `ramp`, `mtbf` and `mttr`
        7: `5` is not a duration; write the unit: `5ms` or `5s`
        7: `60` is not a duration; write the unit: `60ms` or `60s`
        8: `partition` is text, but this is a list; write one word or a quoted text
        9: `kill` strikes a component, not an edge; name one component
        10: this is not a fault; write what goes wrong, such as `{ kill: orders-db, at: 60s, for: 30s }`
        ");
    }
}
