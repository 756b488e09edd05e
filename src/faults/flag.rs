//! Reading `--fail KIND:TARGET[:AMOUNT][@START[+DURATION]]`.

use super::{FORMS, Fault, Form, Settings, Strikes, Target, target::suggest};
use crate::units::{SimDuration, UnitError, parse_duration};

pub(super) fn parse(text: &str) -> Result<Fault, String> {
    let (what, when) = match text.trim().split_once('@') {
        Some((what, when)) => (what, Some(when)),
        None => (text.trim(), None),
    };
    let (word, rest) = what.split_once(':').map_or((what, None), |(word, rest)| (word, Some(rest)));
    let Some(form) = FORMS.iter().find(|f| f.word == word) else {
        let words: Vec<&str> = FORMS.iter().map(|f| f.word).collect();
        return Err(format!("there is no fault `{word}`; {}", suggest(word, &words)));
    };
    let (target, amount) = target_and_amount(form, rest)?;
    let mut settings = Settings::default();
    if let Some(amount) = amount {
        match (form.amount_field)(amount) {
            Some(field) => settings.0.push((field, amount)),
            None => return Err(format!("`{word}` takes no amount; write `{word}:{target}`, without `:{amount}`")),
        }
    }
    let kind = (form.read)(&settings).map_err(|e| told(e.error, form))?;
    let (start, duration) = times(when, form)?;
    Ok(Fault { kind, target, start, duration, origin: None })
}

fn target_and_amount<'a>(form: &Form, rest: Option<&'a str>) -> Result<(Target, Option<&'a str>), String> {
    let rest = rest.map(str::trim).filter(|r| !r.is_empty());
    if form.strikes == Strikes::Traffic {
        return Ok((Target::Traffic, rest));
    }
    let rest = rest.ok_or_else(|| format!("`{}` of what? write for instance `{}`", form.word, form.example))?;
    let (name, amount) = rest.split_once(':').map_or((rest, None), |(name, amount)| (name, Some(amount.trim())));
    if name.trim().is_empty() {
        return Err(format!("`{}` of what? write for instance `{}`", form.word, form.example));
    }
    let target = Target::parse(name);
    if form.strikes == Strikes::Component && matches!(target, Target::Edge(_)) {
        return Err(format!("`{}` strikes a component, not an edge; write for instance `{}`", form.word, form.example));
    }
    Ok((target, amount))
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
