//! What a finding says to those who have to do something: the words of their stack, whom to ask, and what it costs.

use super::{Evidence, Finding};
use crate::plan::Component;

/// Library or setting by code and technology (`stack` of a service, `engine` of a database, cache or queue).
const WORDS: &[(&str, &str, &str)] = &[
    ("missing-structured-logs", "spring-boot", "logstash-logback-encoder, or `logging.structured.format.console`"),
    ("missing-structured-logs", "django", "django-structlog"),
    ("missing-structured-logs", "nestjs", "nestjs-pino"),
    ("missing-structured-logs", "node", "pino"),
    ("missing-structured-logs", "go", "log/slog with its JSONHandler"),
    ("missing-structured-logs", "rails", "lograge or rails_semantic_logger"),
    ("missing-structured-logs", "laravel", "Monolog's JsonFormatter"),
    ("missing-metrics", "spring-boot", "Actuator with Micrometer's Prometheus registry"),
    ("missing-metrics", "django", "django-prometheus"),
    ("missing-metrics", "nestjs", "prom-client"),
    ("missing-metrics", "node", "prom-client"),
    ("missing-metrics", "go", "prometheus/client_golang"),
    ("missing-metrics", "rails", "yabeda"),
    ("missing-metrics", "laravel", "an OpenTelemetry exporter"),
    ("missing-metrics", "postgres", "postgres_exporter with pg_stat_statements"),
    ("missing-metrics", "mysql", "mysqld_exporter"),
    ("missing-metrics", "redis", "redis_exporter"),
    ("missing-metrics", "memcached", "memcached_exporter"),
    ("missing-metrics", "rabbitmq", "the rabbitmq_prometheus plugin"),
    ("missing-metrics", "kafka", "the JMX exporter, and the lag of each consumer group"),
    ("missing-metrics", "sqs", "CloudWatch's ApproximateAgeOfOldestMessage"),
    ("untested-backups", "postgres", "pgBackRest or base backups with WAL archiving, restored by a job"),
    ("untested-backups", "mysql", "Percona XtraBackup, restored by a job"),
    ("missing-circuit-breaker", "spring-boot", "Resilience4j's @CircuitBreaker"),
    ("missing-circuit-breaker", "django", "pybreaker"),
    ("missing-circuit-breaker", "nestjs", "opossum"),
    ("missing-circuit-breaker", "node", "opossum"),
    ("missing-circuit-breaker", "go", "sony/gobreaker"),
    ("missing-circuit-breaker", "rails", "circuitbox or stoplight"),
    (
        "missing-timeout",
        "spring-boot",
        "the connect and read timeout of the HTTP client, or Resilience4j's @TimeLimiter",
    ),
    ("missing-timeout", "django", "the `timeout` of requests or httpx"),
    ("missing-timeout", "nestjs", "the `timeout` of axios, or AbortSignal.timeout"),
    ("missing-timeout", "node", "AbortSignal.timeout"),
    ("missing-timeout", "go", "context.WithTimeout"),
    ("missing-timeout", "rails", "Faraday's `timeout` and `open_timeout`"),
    ("missing-timeout", "laravel", "Http::timeout"),
];

/// Adds what only the declarations of a component can add to a finding about it.
pub(super) fn add(evidence: &Evidence, finding: &mut Finding) {
    let name = finding.subject.split(['>', '.']).next().unwrap_or_default();
    let Some(component) = evidence.model.plan.components.iter().find(|c| c.name == name) else { return };
    if let Some(words) = component.technology.as_deref().and_then(|technology| words(finding.code, technology)) {
        finding.evidence.push(format!("With {}: {words}.", component.technology.as_deref().unwrap_or_default()));
    }
    finding.evidence.extend(cost(component, finding));
    if let Some(owner) = &component.declared.owner {
        finding.evidence.push(format!("{} belongs to {owner}.", component.name));
    }
}

fn words(code: &str, technology: &str) -> Option<&'static str> {
    let technology = technology.to_lowercase();
    let technology = technology.split(['-', ' ']).next().filter(|first| *first != "spring").unwrap_or("spring-boot");
    WORDS.iter().find(|(c, t, _)| *c == code && *t == technology).map(|(.., words)| *words)
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
