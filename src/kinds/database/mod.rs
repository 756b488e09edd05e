//! A database: connections that queries hold while they run, and servers beside the primary: read replicas, shards.

mod locks;
mod pooler;
mod query;
mod replicas;

use super::declared::{self, DATABASE_DECLARED_SHAPE, DECLARED_SHAPE};
use super::{Caller, Kind, MOST, Program, Wiring, check_name, origin, service};
use crate::plan::{Admission, Balance, Clients, ComponentId, Declarations, Party, ReplicationId, Role, Station};
use crate::random::{Dist, Keys, Popularity};
use crate::units::SimDuration;

use crate::yaml::{Field, Fields, Item, Shape, Takes};
use locks::Locks;
use pooler::{Mode, Pooler};
use query::{Access, QUERY, Query};
use replicas::Replicas;

/// An entry under `databases`; the fields are those of `DATABASE_SHAPE`.
#[derive(Debug)]
pub struct Database<'a> {
    item: Item<'a>,
    declarations: Declarations,
    engine: Option<String>,
    connections: Option<u32>,
    read_replicas: Replicas,
    shards: Option<(u32, Keys)>,
    failover: Option<SimDuration>,
    cpu: Option<f64>,
    pooler: Option<Pooler>,
    queries: Vec<Query<'a>>,
    locks: Vec<Locks<'a>>,
    /// In the plan, once declared.
    component: Option<ComponentId>,
    follows: Option<ReplicationId>,
}

/// A database.
pub static DATABASE_SHAPE: Shape = Shape::new(
    "database",
    "A server with connections that queries hold while they run, and perhaps read replicas beside it.",
    &[
        Field::new("engine", Takes::Text, "Such as `postgres` or `mysql`; only words the advice."),
        Field::new(
            "connections",
            Takes::Whole(1, MOST),
            "How many connections the server has, each for one query at a time; each read replica has as many. Callers without a `pool` wait in front \
             of it, first come first served. Callers with one open connections as they need them and keep them; when all pools \
             together have so many, further ones are refused. Default 100, PostgreSQL's `max_connections`.",
        ),
        Field::new(
            "pooler",
            Takes::Map(&pooler::SHAPE),
            "Lets many clients share fewer connections. Default: none, and clients are the server's own.",
        ),
        Field::new(
            "read_replicas",
            replicas::TAKES,
            "Servers beside the primary that answer the reads; the primary then does the writes only. As a map it says how far they \
             are behind. Default 0.",
        ),
        Field::new(
            "cpu",
            Takes::Number,
            "Cores per server that queries compete for, such as `4`. Default: a query needs only its connection.",
        ),
        Field::new(
            "failover",
            Takes::Duration,
            "When its primary, or a shard, dies, a standby has taken over after so long. All connections break, and callers open them \
             anew. Managed databases: 30s to 120s. Default: there is no standby.",
        ),
        Field::new(
            "shards",
            Takes::Map(&SHARDS),
            "The data is split over so many servers by a key. Default: one server has all.",
        ),
        Field::new(
            "locks",
            Takes::Named(&Takes::Map(&locks::SHAPE)),
            "Rows that only one request at a time can change, by name, such as `stock: { keys: 1000 }`.",
        ),
        Field::new("query", QUERY, "The only query, where there is one; it is then named `query`."),
        Field::new("queries", Takes::Named(&QUERY), "Queries by name, such as `insert: { write: 3ms }`."),
    ],
)
.with(&[&DATABASE_DECLARED_SHAPE, &DECLARED_SHAPE]);

static SHARDS: Shape = Shape::new(
    "shards",
    "Servers that have a part of the data each, with `connections` and `cpu` of their own. A query goes to the one that has its \
     key, and fails while that one is down.",
    &[
        Field::required("count", Takes::Whole(2, MOST), "How many."),
        Field::required("keys", Takes::Whole(1, MOST), "Different keys (customers, tenants), hashed to the shards."),
        Field::new(
            "popularity",
            Takes::Popularity,
            "How queries spread over the keys, as in a cache. The shard with the most popular ones is the first to give out. \
             Default `uniform`.",
        ),
    ],
);

fn read_shards(item: &Item<'_>) -> Option<(u32, Keys)> {
    let mut fields = item.shaped(&SHARDS)?;
    let count = fields.required("count", "count: 4").and_then(|item| item.whole(2, MOST));
    let keys = fields.required("keys", "keys: 10k").and_then(|item| item.whole(1, MOST));
    let popularity = fields.optional("popularity").map_or(Some(Popularity::default()), |item| Popularity::read(&item));
    fields.finish();
    Some((count?, Keys { count: keys?, popularity: popularity? }))
}

impl<'a> Database<'a> {
    /// Reads a database.
    pub fn read(item: &Item<'a>) -> Option<Database<'a>> {
        let mut fields = item.shaped(&DATABASE_SHAPE)?;
        let engine = fields.optional("engine").and_then(|item| item.text()).map(str::to_owned);
        let connections = fields.optional("connections").map(|item| item.whole(1, MOST).unwrap_or(1));
        let read_replicas = fields.optional("read_replicas");
        let cpu = fields.optional("cpu").and_then(|item| service::cores(&item));
        let failover = fields.optional("failover").and_then(|item| item.positive_duration());
        let pooler = fields.optional("pooler");
        fields.exclusive("shards", "read_replicas", "give each shard more connections, or split the data further");
        let shards = fields.optional("shards").and_then(|item| read_shards(&item));
        let locks = fields.optional("locks").map(|item| item.entries()).unwrap_or_default();
        let locks = locks.into_iter().filter_map(Locks::read).collect();
        let queries = read_queries(&mut fields);
        let declarations = declared::read_database(&mut fields);
        fields.synonyms(&[("max_connections", "connections"), ("replicas", "read_replicas")]);
        fields.finish();
        let pooler = pooler.and_then(|item| {
            let pooler = Pooler::read(&item)?;
            check_size(&item, pooler, connections);
            Some(pooler)
        });
        let replicas = read_replicas.as_ref().and_then(Replicas::read).unwrap_or_default();
        let database = Database {
            declarations,
            item: item.clone(),
            engine,
            connections,
            read_replicas: replicas,
            shards,
            failover,
            cpu,
            pooler,
            queries,
            locks,
            component: None,
            follows: None,
        };
        if let Some(item) = read_replicas.filter(|_| database.read_replicas.count > 0) {
            database.check_replicas(&item);
        }
        Some(database)
    }

    fn check_replicas(&self, replicas: &Item<'a>) {
        for query in self.queries.iter().filter(|q| q.access.is_none()) {
            let message = format!("`{}` neither reads nor writes", query.name);
            query.item.problem_at_key(message, "with read replicas, write `{ read: 10ms }` or `{ write: 10ms }`");
        }
        if self.queries.iter().all(|q| q.access == Some(Access::Write)) && !self.queries.is_empty() {
            replicas.problem_at_key(
                "read replicas have no effect: no query reads",
                "write `{ read: 8ms }` for queries that read",
            );
        }
    }
}

/// PostgreSQL's `max_connections`.
const CONNECTIONS: u32 = 100;

fn check_size(item: &Item<'_>, pooler: Pooler, connections: Option<u32>) {
    let (size, most) = (pooler.size.unwrap_or(pooler::SIZE), connections.unwrap_or(CONNECTIONS));
    if size > most {
        let message = format!("the pooler wants {size} connections of a server that has {most}");
        item.problem_at_key(message, format!("write `size: {most}` or less, or more `connections`"));
    }
}

fn read_queries<'a>(fields: &mut Fields<'a>) -> Vec<Query<'a>> {
    fields.exclusive("query", "queries", "move the query into `queries`");
    let only = fields.optional("query");
    let several = fields.optional("queries");
    let items = match (&only, &several) {
        (Some(query), _) => vec![query.clone()],
        (None, Some(queries)) => queries.entries(),
        (None, None) => Vec::new(),
    };
    if items.is_empty() && only.is_none() && several.as_ref().is_none_or(|i| i.entries().is_empty()) {
        let message = format!("`{}` has no query", fields.name);
        fields.problem_at_key(message, "add for instance `query: 10ms`, or `queries: { insert: { write: 3ms } }`");
    }
    items.into_iter().filter(check_name).filter_map(Query::read).collect()
}

impl<'a> Database<'a> {
    /// Queries at once, clients, who waits for how long, and where more of it would be written.
    fn clients(&self, wiring: &mut Wiring<'a>, connections: u32) -> (u32, Clients, Admission, String) {
        let path = &self.item.path;
        let Some(pooler) = self.pooler else {
            let clients = Clients { most: connections, wait: SimDuration::ZERO };
            return (connections, clients, Admission::default(), format!("{path}.connections"));
        };
        let size = wiring.or_assume(pooler.size, &self.item, "pooler.size", pooler::SIZE);
        let most = wiring.or_assume(pooler.clients, &self.item, "pooler.clients", pooler::CLIENTS);
        let clients = match pooler.mode {
            Mode::Session => Clients { most: most.min(size), wait: pooler.wait },
            Mode::Transaction | Mode::Statement => Clients { most, wait: SimDuration::ZERO },
        };
        let max_wait = Some(wiring.builder.dist(Dist::Constant(pooler.wait)));
        let admission = Admission { max_wait, ..Admission::default() };
        (size, clients, admission, format!("{path}.pooler.size"))
    }
}

impl<'a> Kind<'a> for Database<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::Database, self.engine.clone(), self.declarations.clone())
        else {
            return;
        };
        self.component = Some(component);
        let connections = wiring.or_assume(self.connections, item, "connections", CONNECTIONS);
        let (workers, clients, admission, capacity_path) = self.clients(wiring, connections);
        let station = |name: String, replicas: u32| Station {
            name,
            component,
            replicas,
            workers,
            workers_word: "connections",
            clients: Some(clients),
            admission: admission.clone(),
            cores: self.cpu,
            capacity_path: capacity_path.clone(),
            origin: origin(item),
            ..Station::default()
        };
        let primary = match self.shards {
            None => Station { failover: self.failover, ..station(item.name.clone(), 1) },
            Some((count, keys)) => {
                Station { balance: Balance::Shard(keys), failover: self.failover, ..station(item.name.clone(), count) }
            }
        };
        let primary = wiring.builder.station(primary);
        let read = if self.read_replicas.count > 0 {
            wiring.builder.station(station(format!("{}.read", item.name), self.read_replicas.count))
        } else {
            primary
        };
        let whole = self.pooler.is_none_or(|pooler| pooler.mode != Mode::Statement);
        self.follows = self.read_replicas.declare(wiring, read);
        wiring.set_primary(&item.name, primary, whole);
        for locks in &self.locks {
            locks.declare(&item.name, wiring);
        }
        for query in &mut self.queries {
            let station = if query.access == Some(Access::Read) { read } else { primary };
            query.id = Some(wiring.endpoint(&item.name, &query.name, station, &query.item));
        }
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(component) = self.component else { return };
        let caller = Caller::service(Party::Component(component), &self.item, 1, Vec::new());
        for query in &self.queries {
            if let Some(id) = query.id {
                Program::write(wiring, &caller, id, &query.steps(&self.item.name, self.follows));
                let endpoint = &mut wiring.builder.plan_mut().endpoints[id.index()];
                endpoint.rows = query.rows;
                endpoint.writes = query.access == Some(Access::Write);
            }
        }
    }
}
