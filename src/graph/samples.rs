//! Small plans, worked out by hand, for the tests of this room and of those that build on it.

use crate::plan::*;
use crate::policies::RateLimit;
use crate::random::Dist;
use crate::units::SimDuration;

fn component(b: &mut Builder, name: &str, role: Role) -> ComponentId {
    b.component(Component {
        name: name.into(),
        role,
        technology: None,
        declared: Default::default(),
        origin: Origin::default(),
    })
}

fn station(b: &mut Builder, name: &str, role: Role, replicas: u32, workers: u32, cores: Option<f64>) -> StationId {
    let component = component(b, name, role);
    b.station(Station {
        name: name.into(),
        component,
        replicas,
        workers,
        workers_word: if role == Role::Database { "connections" } else { "workers" },
        queue: 100,
        cores,
        capacity_path: format!("{name}.replicas"),
        ..Station::default()
    })
}

fn edge(b: &mut Builder, from: Party, to: StationId, pool: Option<u32>, network_ms: u64) -> EdgeId {
    let to = b.plan().stations[to.index()].component;
    let name = format!("{}>{}", b.plan().party_name(from), b.plan().components[to.index()].name);
    let instances = match from {
        Party::Component(c) => b.plan().stations.iter().find(|s| s.component == c).map_or(1, |s| s.replicas),
        Party::Source(_) => 1,
    };
    let network = (network_ms > 0).then(|| b.dist(Dist::Constant(SimDuration::from_millis(network_ms))));
    b.edge(Edge {
        policy_path: format!("policies.{name}"),
        name,
        from,
        to,
        instances,
        network,
        pool,
        ..Edge::default()
    })
}

fn work(b: &mut Builder, ms: u64) {
    let time = b.dist(Dist::Constant(SimDuration::from_millis(ms)));
    b.emit(Step::Work { time });
}

fn party(b: &Builder, station: StationId) -> Party {
    Party::Component(b.plan().stations[station.index()].component)
}

fn users(b: &mut Builder, rate: f64, to: EndpointId) {
    let id = b.source(Source {
        name: "users".into(),
        arrivals: Arrivals::Poisson(rate),
        mix: Vec::new(),
        priority: Priority::Normal,
        origin: Origin::default(),
        ..Source::default()
    });
    let station = b.plan().endpoints[to.index()].station;
    let over = edge(b, Party::Source(id), station, None, 0);
    let link = b.link(over, to);
    b.plan_mut().sources[id.index()].mix.push((1.0, link));
}

/// 100 pages a second. web.home works 2 ms, calls shop.list (1 ms away), and then, side by side, ads.get (20 ms, its
/// failure is ignored) and shop.list again (the page is returned without it too). shop.list works 5 ms and, half of the
/// time, asks the database for 4 ms.
pub(crate) fn page() -> Plan {
    let mut b = Builder::new();
    let web = station(&mut b, "web", Role::Service, 1, 200, None);
    let shop = station(&mut b, "shop", Role::Service, 2, 10, Some(1.0));
    let ads = station(&mut b, "ads", Role::External, 1, UNLIMITED, None);
    let db = station(&mut b, "db", Role::Database, 1, 3, None);
    let home = b.endpoint("web.home", web, Origin::default());
    let list = b.endpoint("shop.list", shop, Origin::default());
    let ad = b.endpoint("ads.get", ads, Origin::default());
    let query = b.endpoint("db.query", db, Origin::default());
    users(&mut b, 100.0, home);
    let from_web = party(&b, web);
    let from_shop = party(&b, shop);
    let to_shop = edge(&mut b, from_web, shop, None, 1);
    let to_ads = edge(&mut b, from_web, ads, None, 0);
    let to_db = edge(&mut b, from_shop, db, Some(1), 0);
    let (list_link, ad_link, query_link) = (b.link(to_shop, list), b.link(to_ads, ad), b.link(to_db, query));

    b.begin(home);
    work(&mut b, 2);
    b.emit(Step::Call { link: list_link, failed: Pc::FAIL });
    let tolerant = b.emit(Step::Return);
    let branch_program = b.here();
    let call = b.emit(Step::Call { link: ad_link, failed: Pc::FAIL });
    b.emit(Step::Return);
    b.patch(call, Step::Call { link: ad_link, failed: Pc(call.0 + 1) });
    let fork = b.fork(Fork { branches: vec![Branch::Program(branch_program), Branch::Call(list_link)], need: 2 });
    let at = b.here();
    b.patch(tolerant, Step::Jump { to: at });
    b.emit(Step::Fork { fork, failed: Pc(at.0 + 1) });
    b.emit(Step::Return);

    b.begin(list);
    work(&mut b, 5);
    let chance = b.emit(Step::Return);
    b.emit(Step::Call { link: query_link, failed: Pc::FAIL });
    let end = b.emit(Step::Return);
    b.patch(chance, Step::Chance { p: 0.5, otherwise: end });
    b.begin(ad);
    work(&mut b, 20);
    b.emit(Step::Return);
    b.begin(query);
    work(&mut b, 4);
    b.emit(Step::Return);
    b.finish()
}

/// 40 requests a second put a message each into a queue; 4 consumers handle it in 20 ms of a mailer's work and a call of
/// 30 ms to a provider that allows 80 calls a second.
pub(crate) fn mail() -> Plan {
    let mut b = Builder::new();
    let web = station(&mut b, "web", Role::Service, 1, 200, None);
    let broker = station(&mut b, "jobs", Role::Queue, 1, UNLIMITED, None);
    let mailer = station(&mut b, "mailer", Role::Service, 1, 10, None);
    let smtp = station(&mut b, "smtp", Role::External, 1, UNLIMITED, None);
    b.plan_mut().stations[smtp.index()].rate_limit = Some(RateLimit::bucket(80.0, 80.0));
    let order = b.endpoint("web.order", web, Origin::default());
    let publish = b.endpoint("jobs.publish", broker, Origin::default());
    let send = b.endpoint("mailer.send", mailer, Origin::default());
    let post = b.endpoint("smtp.post", smtp, Origin::default());
    users(&mut b, 40.0, order);
    let (from_web, from_jobs, from_mailer) = (party(&b, web), party(&b, broker), party(&b, mailer));
    let to_jobs = edge(&mut b, from_web, broker, None, 0);
    let to_mailer = edge(&mut b, from_jobs, mailer, None, 0);
    let to_smtp = edge(&mut b, from_mailer, smtp, None, 0);
    let (publish_link, send_link, post_link) =
        (b.link(to_jobs, publish), b.link(to_mailer, send), b.link(to_smtp, post));
    let component = b.plan().stations[broker.index()].component;
    let topic = b.topic(Topic {
        name: "jobs".into(),
        component,
        station: broker,
        max_receives: 5,
        consumers: vec![Consumer { link: send_link, concurrency: 4, prefetch: 4 }],
        origin: Origin { path: "queues.jobs".into(), ..Origin::default() },
        ..Topic::default()
    });
    b.begin(order);
    work(&mut b, 2);
    b.emit(Step::Call { link: publish_link, failed: Pc::FAIL });
    b.emit(Step::Return);
    b.begin(publish);
    b.emit(Step::Enqueue { topic });
    b.emit(Step::Return);
    b.begin(send);
    work(&mut b, 20);
    b.emit(Step::Call { link: post_link, failed: Pc::FAIL });
    b.emit(Step::Return);
    b.begin(post);
    work(&mut b, 30);
    b.emit(Step::Return);
    b.finish()
}

/// Layers each of which works 1 ms and calls the one below twice: the last is reached over 2^(layers - 1) ways.
pub(crate) fn doubling(layers: usize) -> Plan {
    let mut b = Builder::new();
    let name = |layer: usize| format!("s{layer}");
    let stations: Vec<StationId> =
        (0..layers).map(|i| station(&mut b, &name(i), Role::Service, 1, UNLIMITED, None)).collect();
    let endpoints: Vec<EndpointId> = stations
        .iter()
        .enumerate()
        .map(|(i, at)| b.endpoint(format!("{}.call", name(i)), *at, Origin::default()))
        .collect();
    users(&mut b, 1.0, endpoints[0]);
    for layer in 0..layers {
        let below = (layer + 1 < layers).then(|| {
            let from = party(&b, stations[layer]);
            let edge = edge(&mut b, from, stations[layer + 1], None, 0);
            b.link(edge, endpoints[layer + 1])
        });
        b.begin(endpoints[layer]);
        work(&mut b, 1);
        for link in below.into_iter().flat_map(|link| [link; 2]) {
            b.emit(Step::Call { link, failed: Pc::FAIL });
        }
        b.emit(Step::Return);
    }
    b.finish()
}
