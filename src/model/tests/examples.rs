//! The large example of the design, without what comes later and with the parts it only hints at.

use super::{show, valid};

const SHOP: &str = "\
name: shop
traffic:                                  # who calls, how often, at load 1x
  shoppers:
    rate: 200/s
    mix: { web.home: 60%, web.search: 30%, web.checkout: 10% }
    timeout: 10s
services:
  web:
    endpoints:
      home: { work: 5ms, calls: [orders.history] }
      search:
        - work: 5ms
        - cached: { cache: catalog-cache, miss: [ { call: orders-db.history } ] }
      checkout: { work: 5ms, calls: [orders.create] }
  orders:
    stack: spring-boot
    replicas: 3
    concurrency: 200
    queue: 100
    cpu: 2
    endpoints:
      create:
        - work: { p50: 4ms, p99: 30ms }
        - call: orders-db.insert
        - parallel: [ { call: payments.charge }, { call: stock.reserve } ]
        - publish: order-events
      history: { work: 1ms, calls: [orders-db.history] }
    dependencies:
      payments:
        timeout: 2s
        retry: { attempts: 3, backoff: 100ms, jitter: full, budget: 20% }
        circuit_breaker: { failure_rate: 50%, window: 10s, minimum_calls: 20, open_for: 5s }
        bulkhead: 40
        fallback: degraded
  payments: { endpoints: { charge: { work: 4ms, calls: [stripe] } } }
  stock: { endpoints: { reserve: { work: 2ms } } }
  mailer: { endpoints: { send: { work: 40ms } } }
databases:
  orders-db:
    engine: postgres
    connections: 100
    read_replicas: 2
    queries: { insert: { write: 3ms }, history: { read: 8ms } }
caches:
  catalog-cache: { engine: redis, get: 0.5ms, hit_ratio: 95% }
queues:
  order-events: { engine: sqs, consumers: [ { call: mailer.send, concurrency: 10 } ], visibility_timeout: 30s, max_receives: 5, dead_letter: order-events-dlq }
  order-events-dlq: { engine: sqs }
external:
  stripe: { latency: { p50: 120ms, p99: 900ms }, availability: 99.95%, rate_limit: 100/s }
slos:
  - web.checkout success >= 99.9%
  - web.checkout p99 < 800ms
  - orders-db utilization <= 80%
  - orders>payments retries < 10%
  - shoppers goodput >= 190/s
  - order-events queue < 100
  - mean < 50ms
scenarios:
  payment-provider-slow:
    load: 1x
    faults: [ { latency: stripe, add: 5s, at: 60s, for: 120s } ]
    expect: [ web.home success >= 99.9%, recovers within 30s ]
  twice: { load: 400/s }
";

#[test]
fn the_shop_is_read_whole() {
    let model = valid(SHOP);
    assert_eq!((model.name.as_str(), model.slos.len(), model.scenarios.len()), ("shop", 7, 2));
    assert_eq!(model.scenarios[0].faults.len(), 1);
    assert_eq!(model.slos[0].origin.line, SHOP.lines().position(|l| l == "slos:").unwrap() as u32 + 2);
}

#[test]
fn the_shop_has_these_programs() {
    let model = valid(SHOP);
    insta::assert_snapshot!(show::programs(&model.plan), @"
    web.home:
      0 work 5ms
      1 call orders.history by web>orders
      2 return
    web.search:
      3 work 5ms
      4 call catalog-cache.get by web>catalog-cache failed @7
      5 lookup 0.95 miss @7
      6 return
      7 call orders-db.history by web>orders-db
      8 jump @6
    web.checkout:
      9 work 5ms
      10 call orders.create by web>orders
      11 return
    orders.create:
      12 work 5.82ms
      13 call orders-db.insert by orders>orders-db
      14 fork 2 of [ @17, stock.reserve by orders>stock]
      15 call order-events.publish by orders>order-events
      16 return
      17 call payments.charge by orders>payments failed @19
      18 return
      19 degrade
      20 jump @18
    orders.history:
      21 work 1ms
      22 call orders-db.history by orders>orders-db
      23 return
    payments.charge:
      24 work 4ms
      25 call stripe.call by payments>stripe
      26 return
    stock.reserve:
      27 work 2ms
      28 return
    mailer.send:
      29 work 40ms
      30 return
    orders-db.insert:
      31 work 3ms
      32 return
    orders-db.history:
      33 work 8ms
      34 return
    catalog-cache.get:
      35 work 500us
      36 return
    order-events.publish:
      37 enqueue order-events
      38 return
    order-events-dlq.publish:
      39 enqueue order-events-dlq
      40 return
    stripe.call:
      41 work 174.6ms
      42 return
    ");
}

#[test]
fn the_shop_has_these_edges_and_expectations() {
    let model = valid(SHOP);
    insta::assert_snapshot!(show::edges(&model.plan), @"
    web>orders (services.web.dependencies.orders) from services.web.endpoints.home.calls.0:10
    web>catalog-cache (services.web.dependencies.catalog-cache) from services.web.endpoints.search.1.cached.cache:13
    web>orders-db (services.web.dependencies.orders-db) from services.web.endpoints.search.1.cached.miss.0.call:13
    orders>orders-db (services.orders.dependencies.orders-db) from services.orders.endpoints.create.1.call:24, instances 3
    orders>payments (services.orders.dependencies.payments) from services.orders.dependencies.payments:29, instances 3, timeout 2s, attempts 3, breaker 0.5, bulkhead 40, fallback 
    orders>stock (services.orders.dependencies.stock) from services.orders.endpoints.create.2.parallel.1.call:25, instances 3
    orders>order-events (services.orders.dependencies.order-events) from services.orders.endpoints.create.3.publish:26, instances 3
    payments>stripe (services.payments.dependencies.stripe) from services.payments.endpoints.charge.calls.0:35
    order-events>mailer (queues.order-events.consumers.0) from queues.order-events.consumers.0:47
    shoppers>web (traffic.shoppers) from traffic.shoppers:3, timeout 10s
    ");
    insta::assert_snapshot!(model.assumed.join("\n"), @"
    services.web.replicas = 1
    services.web.concurrency = 200
    services.web.queue = 100
    services.payments.replicas = 1
    services.payments.concurrency = 200
    services.payments.queue = 100
    services.stock.replicas = 1
    services.stock.concurrency = 200
    services.stock.queue = 100
    services.mailer.replicas = 1
    services.mailer.concurrency = 200
    services.mailer.queue = 100
    caches.catalog-cache.replicas = 1
    caches.catalog-cache.connections = 10000
    ");
    let whats: Vec<String> = model.slos.iter().map(|e| format!("{:?}", e.what)).collect();
    insta::assert_snapshot!(whats.join("\n"), @"
    Compare { subject: Some(Endpoint(EndpointId(2))), metric: Success, op: AtLeast, limit: 0.9990000000000001, window: Whole }
    Compare { subject: Some(Endpoint(EndpointId(2))), metric: Percentile(0.99), op: Less, limit: 0.8, window: Whole }
    Compare { subject: Some(Component(ComponentId(5))), metric: Utilization, op: AtMost, limit: 0.8, window: Whole }
    Compare { subject: Some(Edge(EdgeId(4))), metric: Retries, op: Less, limit: 0.1, window: Whole }
    Compare { subject: Some(Source(SourceId(0))), metric: Goodput, op: AtLeast, limit: 190.0, window: Whole }
    Compare { subject: Some(Component(ComponentId(7))), metric: Queue, op: Less, limit: 100.0, window: Whole }
    Compare { subject: None, metric: Mean, op: Less, limit: 0.05, window: Whole }
    ");
}

#[test]
fn anchors_share_what_is_alike() {
    let model = valid(
        "traffic: { rate: 1/s, to: a }\nservices:\n  a: &small\n    work: 1ms\n    replicas: 2\n  b:\n    <<: *small\n    replicas: 5\n",
    );
    let replicas: Vec<u32> = model.plan.stations.iter().map(|s| s.replicas).collect();
    assert_eq!(replicas, [2, 5]);
}
