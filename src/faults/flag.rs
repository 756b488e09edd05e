//! Reading `--fail KIND:TARGET[:AMOUNT][:SETTING=VALUE]...[@START[+DURATION]]`.

use super::{FORMS, Fault, Form, Random, Settings, Strikes, Target, target::suggest};
use crate::units::{SimDuration, UnitError, parse_duration};

/// Settings of all faults; the others are those of its kind.
const TIMES: [&str; 3] = ["ramp", "mtbf", "mttr"];

pub(super) fn parse(text: &str) -> Result<Fault, String> {
    let (what, when) = match text.trim().split_once('@') {
        Some((what, when)) => (what, Some(when)),
        None => (text.trim(), None),
    };
    let mut parts = what.split(':').map(str::trim);
    let word = parts.next().unwrap_or_default();
    let Some(form) = FORMS.iter().find(|f| f.word == word) else {
        let words: Vec<&str> = FORMS.iter().map(|f| f.word).collect();
        return Err(format!("there is no fault `{word}`; {}", suggest(word, &words)));
    };
    let target = match form.strikes {
        Strikes::Traffic => Target::Traffic,
        _ => target(form, parts.next().unwrap_or_default())?,
    };
    let settings = settings(form, &target, parts)?;
    let kind = (form.read)(&settings).map_err(|e| told(e.error, form))?;
    let time = |field| settings.duration(field).map_err(|e| told(e.error, form));
    let (ramp, random) = (time("ramp")?, Random::of(time("mtbf")?, time("mttr")?).map_err(|e| told(e, form))?);
    let (start, duration) = times(when, form)?;
    Ok(Fault { kind, target, start, duration, ramp, random, origin: None })
}

fn target(form: &Form, name: &str) -> Result<Target, String> {
    if name.is_empty() {
        return Err(format!("`{}` of what? write for instance `{}`", form.word, form.example));
    }
    let target = Target::parse(name);
    match target.misfit(form.strikes) {
        Some((misfit, _)) => Err(format!("`{}` {misfit}; write for instance `{}`", form.word, form.example)),
        None => Ok(target),
    }
}

/// The amount, which needs no name, and the settings with theirs.
fn settings<'a>(form: &Form, target: &Target, parts: impl Iterator<Item = &'a str>) -> Result<Settings<'a>, String> {
    let word = form.word;
    let mut settings = Settings::default();
    for part in parts.filter(|part| !part.is_empty()) {
        let (field, value) = match part.split_once('=') {
            Some((name, value)) => {
                let known: Vec<&str> = form.settings().chain(TIMES).collect();
                let Some(field) = known.iter().find(|known| **known == name.trim()) else {
                    return Err(format!("`{word}` has no setting `{name}`; {}", suggest(name, &known)));
                };
                (*field, value.trim())
            }
            None => match (form.amount_field)(part) {
                Some(field) => (field, part),
                None => return Err(format!("`{word}` takes no amount; write `{word}:{target}`, without `:{part}`")),
            },
        };
        if settings.get(field).is_some() {
            return Err(format!("`{field}` is written twice; write one of them"));
        }
        settings.0.push((field, value));
    }
    Ok(settings)
}

fn times(when: Option<&str>, form: &Form) -> Result<(SimDuration, Option<SimDuration>), String> {
    let Some(when) = when else { return Ok((SimDuration::ZERO, None)) };
    let (start, length) = when.split_once('+').map_or((when, None), |(start, length)| (start, Some(length)));
    let start = parse_duration(start).map_err(|e| told(e, form))?;
    let length = length.map(parse_duration).transpose().map_err(|e| told(e, form))?;
    if length == Some(SimDuration::ZERO) {
        return Err("a fault of no duration changes nothing; leave `+0` out, or write how long it lasts".into());
    }
    Ok((start, length))
}

fn told(error: UnitError, form: &Form) -> String {
    match error.hint {
        Some(hint) => format!("{}; {hint} (for instance `{}`)", error.message, form.example),
        None => format!("{} (for instance `{}`)", error.message, form.example),
    }
}
