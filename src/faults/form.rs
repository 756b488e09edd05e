//! How faults are written, as data: one reader serves `--fail` and the model.

use super::FaultKind;
use crate::units::{SimDuration, parse_factor};
use crate::units::{UnitError, parse_duration, parse_rate, parse_ratio};
use crate::yaml::{Field, Shape, Takes};

/// How one kind of fault is written.
pub struct Form {
    /// Its name: `latency`. In the model it is also the key of the target.
    pub word: &'static str,
    /// What it strikes.
    pub strikes: Strikes,
    /// Its fields in the model: its name with the target, and its settings.
    pub shape: &'static Shape,
    /// An example for `--fail`.
    pub example: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Which setting the amount of `--fail` is: `+2s` is `add`. `None` when it takes no amount.
    pub amount_field: fn(&str) -> Option<&'static str>,
    /// Makes a fault of its settings.
    pub read: fn(&Settings<'_>) -> Result<FaultKind, FormError>,
}

/// When a fault strikes.
pub static WHEN: Shape = Shape::new(
    "when",
    "When a fault strikes.",
    &[
        Field::new("at", Takes::Duration, "When it begins, counted from the start of the measured part. Default 0s."),
        Field::new("for", Takes::Duration, "How long it lasts. Default: to the end."),
        Field::new(
            "ramp",
            Takes::Duration,
            "It grows for so long, in twenty equal steps, until it has its full amount. Default: at once.",
        ),
        Field::new(
            "mtbf",
            Takes::Duration,
            "It strikes at random times within this part of the run: after so long on average, exponentially distributed, each \
             time anew. Default: it strikes once.",
        ),
        Field::new(
            "mttr",
            Takes::Duration,
            "With `mtbf`: it lasts so long on average each time, exponentially distributed.",
        ),
    ],
);

impl Form {
    /// Its own settings in the model, beside the target, `at` and `for`.
    pub fn settings(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.shape
            .fields
            .iter()
            .map(|field| field.name)
            .filter(|name| *name != self.word || self.strikes == Strikes::Traffic)
    }
}

/// What a kind of fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strikes {
    /// A component.
    Component,
    /// A component or an edge, written `caller>callee`.
    ComponentOrEdge,
    /// Calls of a component, of one of its endpoints (`payments.charge`), or along an edge.
    Calls,
    /// All traffic: no target is written, and the key of the kind holds the amount.
    Traffic,
}

/// The settings of one fault, as written.
#[derive(Clone, Debug, Default)]
pub struct Settings<'a>(pub Vec<(&'static str, &'a str)>);

/// A setting that cannot be read or is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// The setting it is about; `None` when one is missing.
    pub field: Option<&'static str>,
    /// What is wrong, and what to write instead.
    pub error: UnitError,
}

impl<'a> Settings<'a> {
    /// The setting as it is written.
    pub fn get(&self, field: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }

    /// A share above zero.
    pub fn share(&self, field: &'static str) -> Result<Option<f64>, FormError> {
        let share = self.parsed(field, parse_ratio)?;
        if share == Some(0.0) {
            return Err(FormError::at(field, "a share of zero strikes nothing", "write a percentage above 0%"));
        }
        Ok(share)
    }

    /// Calls per second, above zero.
    pub fn rate(&self, field: &'static str) -> Result<Option<f64>, FormError> {
        let rate = self.parsed(field, parse_rate)?;
        if rate == Some(0.0) {
            return Err(FormError::at(field, "a rate of zero lets nothing through", "write `share: 100%`"));
        }
        Ok(rate)
    }

    /// `true`, or `false` as it is by default.
    pub fn flag(&self, field: &'static str) -> Result<bool, FormError> {
        match self.get(field).map(str::trim) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(FormError::at(field, "this is neither `true` nor `false`", "write one of the two")),
        }
    }

    /// A duration above zero. `--fail` may write a plus before it.
    pub fn duration(&self, field: &'static str) -> Result<Option<SimDuration>, FormError> {
        let time = self.parsed(field, |text| parse_duration(text.trim().trim_start_matches('+')))?;
        if time == Some(SimDuration::ZERO) {
            return Err(FormError::at(
                field,
                "no time at all changes nothing",
                "write a duration above zero, such as `2s`",
            ));
        }
        Ok(time)
    }

    /// A multiple.
    pub fn factor(&self, field: &'static str) -> Result<Option<f64>, FormError> {
        self.parsed(field, parse_factor)
    }

    /// A whole number from 1.
    pub fn whole(&self, field: &'static str) -> Result<Option<u32>, FormError> {
        self.parsed(field, |text| match text.trim().parse::<u32>() {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(UnitError {
                message: format!("`{text}` is not a whole number from 1"),
                hint: Some("write how many, such as `1`".into()),
            }),
        })
    }

    fn parsed<T>(
        &self,
        field: &'static str,
        parse: impl Fn(&str) -> Result<T, UnitError>,
    ) -> Result<Option<T>, FormError> {
        self.get(field).map(parse).transpose().map_err(|error| FormError { field: Some(field), error })
    }
}

impl FormError {
    /// Something is wrong with this setting.
    pub fn at(field: &'static str, message: &str, hint: &str) -> FormError {
        FormError { field: Some(field), ..FormError::missing(message, hint) }
    }

    /// A setting is missing.
    pub fn missing(message: &str, hint: &str) -> FormError {
        FormError { field: None, error: UnitError { message: message.into(), hint: Some(hint.into()) } }
    }
}
