//! What a finding says to those who have to do something: the words of their stack, whom to ask, and what it costs.

use super::{Evidence, Finding};
use crate::plan::Component;
use indexmap::IndexMap;
use std::sync::LazyLock;

/// By the code of a finding and the name of a stack or an engine: what to do.
type Advice = IndexMap<String, IndexMap<String, String>>;

/// The word for every other stack.
const NEUTRAL: &str = "neutral";

/// A part of the program, held to its form by a test; without it nothing is said.
static ADVICE: LazyLock<Advice> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("advice.yaml")).unwrap_or_default());

/// Adds what only the declarations of a component can add to a finding about it.
pub(super) fn add(evidence: &Evidence, finding: &mut Finding) {
    let name = finding.subject.split(['>', '.']).next().unwrap_or_default();
    let Some(component) = evidence.model.plan.components.iter().find(|c| c.name == name) else { return };
    finding.evidence.extend(advice(component, finding));
    finding.evidence.extend(cost(component, finding));
    if let Some(owner) = &component.declared.owner {
        finding.evidence.push(format!("{} belongs to {owner}.", component.name));
    }
}

/// What to do in the words of the component's stack, with the value that was found.
fn advice(component: &Component, finding: &Finding) -> Option<String> {
    let technology = component.technology.as_deref()?;
    let words = words(finding.code, technology);
    let to = finding.fix.iter().flat_map(|fix| &fix.changes).map(|change| change.to.as_str()).next();
    let text = match (words, to) {
        (Some(words), Some(to)) => words.replace("{to}", to),
        // Without a value that was found there is nothing to set.
        (Some(words), None) if !words.contains("{to}") => words.to_owned(),
        _ => return None,
    };
    Some(format!("With {technology}: {text}."))
}

fn words(code: &str, technology: &str) -> Option<&'static str> {
    let all = ADVICE.get(code)?;
    let technology = technology.to_lowercase();
    let technology = technology.split(['-', ' ']).next().filter(|first| *first != "spring").unwrap_or("spring-boot");
    all.get(technology).or_else(|| all.get(NEUTRAL)).map(String::as_str)
}

/// What a fix that needs more replicas costs.
fn cost(component: &Component, finding: &Finding) -> Option<String> {
    let each = component.declared.cost?;
    let path = format!("{}.replicas", component.origin.path);
    let change = finding.fix.as_ref()?.changes.iter().find(|change| change.path == path)?;
    let from: f64 = change.from.as_deref().unwrap_or("1").parse().ok()?;
    let to: f64 = change.to.parse().ok()?;
    Some(format!("At {each} a replica that is {} more a month.", each * (to - from)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{LINTS, lint};

    const KNOWN: [&str; 16] = [
        NEUTRAL,
        "spring-boot",
        "django",
        "nestjs",
        "node",
        "go",
        "rails",
        "laravel",
        "postgres",
        "mysql",
        "redis",
        "memcached",
        "rabbitmq",
        "kafka",
        "sqs",
        "mongodb",
    ];

    #[test]
    fn the_advice_is_about_findings_there_are_and_stacks_we_know() {
        assert!(ADVICE.len() > 25, "it is read");
        for (code, stacks) in ADVICE.iter() {
            assert_eq!(lint(code).map(|l| l.code), Some(code.as_str()), "{code}");
            assert!(stacks.contains_key(NEUTRAL), "{code}");
            for (stack, words) in stacks {
                assert!(KNOWN.contains(&stack.as_str()), "{code}: {stack}");
                assert!(!words.ends_with('.') && !words.is_empty(), "{code}: {stack}");
            }
        }
        assert!(LINTS.iter().any(|l| words(l.code, "Spring Boot") != words(l.code, "django")));
    }

    #[test]
    fn a_stack_is_known_by_its_first_word() {
        assert_eq!(words("missing-timeout", "go"), Some("context.WithTimeout: {to}"));
        assert_eq!(words("missing-timeout", "Spring Boot 3"), words("missing-timeout", "spring-boot"));
        assert_eq!(words("missing-timeout", "cobol"), words("missing-timeout", NEUTRAL));
        assert_eq!(words("single-point-of-failure", "go"), None);
    }
}
