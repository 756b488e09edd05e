//! A cache holds nothing while the fault lasts: every look-up misses. Caches with a stated hit ratio are back at it at once
//! when the fault ends.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN, target::suggest};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `cache_flush`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.cache_flush",
    "Every look-up misses while the fault lasts.",
    &[Field::required("cache_flush", Takes::Name, "Which cache.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "cache_flush",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "cache_flush:catalog-cache@60s+30s",
    summary: "let every look-up of a cache miss",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::CacheFlush(CacheFlush)),
};

/// Every look-up misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheFlush;

impl Effect for CacheFlush {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        if plan.caches.iter().any(|c| c.component == component) {
            return Ok(());
        }
        let names: Vec<&str> = plan.caches.iter().map(|c| plan.components[c.component.index()].name.as_str()).collect();
        let role = plan.components[component.index()].role.word();
        Err(FaultError::new(format!("`{target}` is a {role}, not a cache"), suggest("", &names)))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for (cache, ratio) in plan.caches.iter().zip(&mut knobs.hit_ratios) {
            if cache.component == component {
                *ratio = 0.0;
            }
        }
    }

    fn describe(&self, target: &Target) -> String {
        format!("{target} empty")
    }
}
