//! The server on a real socket: slow clients, too many of them, odd requests, and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Method},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use super::app::{HANG, Settings, TestApp};
use crate::{
    base::{db::Kind, sealed::SecretKey},
    serve::{finish, listen},
    web::{
        connections,
        connections::{Door, Stop, answer_on},
        seen::{QUESTION, Seen, question},
    },
};

struct Running {
    address: SocketAddr,
    stop: Stop,
    server: JoinHandle<Result<(), String>>,
    app: TestApp,
}

async fn running() -> Running {
    running_with(&["--header-timeout-seconds", "1", "--streams-per-user", "1"]).await
}

async fn running_with(flags: &[&str]) -> Running {
    let app = TestApp::with(Kind::Sqlite, flags).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (services, stop) = (app.services.clone(), Stop::default());
    let server = tokio::spawn({
        let stop = stop.clone();
        async move { listen(&services, listener, stop).await }
    });
    Running { address, stop, server, app }
}

async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // A connection that was refused is closed already, perhaps.
    let _ = stream.write_all(bytes).await;
    stream
}

/// Asks on a connection that stays open. `false` when it is closed instead.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut text = String::new();
    while !text.ends_with("ok\n") {
        let mut bytes = [0; 4096];
        match timeout(HANG, stream.read(&mut bytes)).await.expect("in time") {
            Ok(count @ 1..) => text += &String::from_utf8_lossy(&bytes[..count]),
            _ => return false,
        }
    }
    text.starts_with("HTTP/1.1 200")
}

async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has been closed, too.
    let _ = timeout(HANG, stream.read_to_end(&mut bytes)).await.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_are_closed_while_others_are_answered() {
    let server = running().await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(send(server.address, b"GET / HTTP/1.1\r\nHost: loc").await);
    }
    assert!(answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200"));
    for stream in slow {
        assert!(!answer(stream).await.contains("200 OK"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_without_a_request_are_closed_while_others_are_answered() {
    let server = running().await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        for bytes in [&b""[..], b"G", b"PRI * HTTP/2.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x00"] {
            silent.push(send(server.address, bytes).await);
        }
    }
    assert!(answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200"));
    for stream in silent {
        assert!(!answer(stream).await.contains("200 OK"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_used_and_says_nothing_more_is_closed() {
    let server = running().await;
    let mut stream = send(server.address, b"").await;
    assert!(is_answered(&mut stream).await);
    assert_eq!(answer(stream).await, "", "the deadline begins anew with each answer");
}

/// In the next three no deadline ends a connection: it comes later than the test can.
const WITHOUT_DEADLINE: [&str; 2] = ["--header-timeout-seconds", "60"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_connections_of_an_address_the_one_that_waited_longest_gives_way() {
    let server = running_with(&[&WITHOUT_DEADLINE[..], &["--connections-per-address", "2"]].concat()).await;
    let (mut first, mut second) = (send(server.address, b"").await, send(server.address, b"").await);
    assert!(is_answered(&mut first).await && is_answered(&mut second).await);
    assert!(answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200"));
    assert_eq!(answer(first).await, "", "it had waited longest");
    assert!(is_answered(&mut second).await, "and no other one is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_may_hold_every_connection_and_no_more() {
    let flags = ["--connections-per-address", "2", "--connections", "4", "--trusted-proxies", "127.0.0.0/8"];
    let server = running_with(&[&WITHOUT_DEADLINE[..], &flags].concat()).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(send(server.address, b"").await);
    }
    for stream in &mut open {
        assert!(is_answered(stream).await, "there is room for four");
    }
    assert!(answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200"));
    let mut rest = open.split_off(1);
    assert_eq!(answer(open.remove(0)).await, "", "it had waited longest");
    for stream in &mut rest {
        assert!(is_answered(stream).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_at_work_never_gives_way() {
    let flags = ["--connections-per-address", "2", "--streams-per-user", "2"];
    let server = running_with(&[&WITHOUT_DEADLINE[..], &flags].concat()).await;
    let secret = server.app.logged_in("alice").await.cookies["__Host-session"].clone();
    let first = listening(&server, &secret).await.expect("a stream");
    let _second = listening(&server, &secret).await.expect("a stream");
    assert_eq!(answer(send(server.address, HEALTH).await).await, "", "each of the two is at work");
    let services = &server.app.services;
    let metrics = services.measured().expect("text");
    assert!(metrics.contains("latchkey_connections_cut_off_total{why=\"full\"} 1"), "{metrics}");
    assert!(metrics.contains("latchkey_connections_open 2"), "{metrics}");
    drop(first);
    let again = async {
        while !answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, again).await.expect("the place is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let app = TestApp::with(Kind::Sqlite, &["--write-timeout-seconds", "1"]).await;
    let services = app.services.clone();
    // More than any buffer in between holds.
    let router = axum::Router::new().route("/", axum::routing::get(|| async { vec![0_u8; 64 * 1024 * 1024] }));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let door = Door::new(&services.state.config, 4, services.metrics.clone());
    tokio::spawn(answer_on(listener, router, HANG * 3, door, Stop::default()));
    let silent = send(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let rows = ["latchkey_connections_cut_off_total{why=\"not_read\"} 1", "latchkey_connections_open 0"];
    let cut_off = async {
        while !rows.iter().all(|row| services.measured().expect("text").contains(row)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, cut_off).await.expect("the connection is given up");
    drop(silent);
    let read = answer(send(address, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await).await;
    assert!(read.len() > 64 * 1024 * 1024, "who reads gets all of it");
}

#[test]
fn connections_fit_below_the_open_files_that_the_system_allows() {
    let config = Settings::config_of(&["latchkey", "--connections", "4096", "--database-connections", "16"]);
    let fitting = |files| connections::fitting(&config, files);
    assert_eq!((fitting(None), fitting(Some(65_536))), (4_096, 4_096));
    assert!((64..=192).contains(&fitting(Some(256))), "some are for the database and the files of the site");
    assert!(fitting(Some(64)) > 0);
}

/// RFC 9112 3.2: a path, an address, a host and port, or an asterisk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_request_target_is_understood_or_refused() {
    const OURS: &str = "localhost:3000";
    let server = running_with(&["--header-timeout-seconds", "5"]).await;
    for (line, host, status) in [
        ("GET /login", OURS, 200),
        ("GET http://localhost:3000/login", OURS, 200),
        ("GET http://LOCALHOST:3000/login", OURS, 200),
        ("GET http://localhost:3000", OURS, 200),
        ("GET http://localhost:3000?x=y", OURS, 200),
        // The host of the target counts, whatever the header says.
        ("GET http://localhost:3000/login", "evil.example", 200),
        ("GET http://evil.example/login", OURS, 400),
        ("GET http://user@localhost:3000/login", OURS, 400),
        ("GET ftp://localhost:3000/login", OURS, 400),
        ("CONNECT localhost:3000", OURS, 400),
        ("CONNECT localhost:4302", "localhost:4302", 400),
        ("CONNECT evil.example:443", "evil.example:443", 400),
        ("GET localhost:3000", OURS, 400),
        ("POST localhost:3000", OURS, 400),
        ("GET login", OURS, 400),
        ("GET ?x", OURS, 400),
        ("GET *", OURS, 400),
        ("OPTIONS *", OURS, 204),
        ("OPTIONS *", "evil.example", 400),
        ("BREW /login", OURS, 501),
        ("TRACE /login", OURS, 405),
        ("PUT /login", OURS, 405),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let answer = answer(send(server.address, request.as_bytes()).await).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line} at {host}: {answer}");
        assert!(status != 204 || answer.to_lowercase().contains("\r\nallow: get, head"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_says_no_to_a_method_offers_no_other_try() {
    let server = running().await;
    let read = b"BREW /login HTTP/1.1\r\nHost: localhost:3000\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    let page = answer(send(server.address, read).await).await;
    assert!(page.contains("Unknown method") && !page.contains("Try again"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_for_half_sent_requests() {
    let server = running().await;
    let half = send(server.address, b"GET / HTTP/1.1\r\nHost: loc").await;
    assert!(answer(send(server.address, HEALTH).await).await.starts_with("HTTP/1.1 200"));
    server.stop.within(Duration::from_secs(2));
    timeout(HANG, server.server).await.expect("it stops").expect("no panic").expect("no error");
    drop(half);
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

/// An open page listens: the head of the answer is there, and one heartbeat.
async fn listening(server: &Running, secret: &str) -> Option<TcpStream> {
    let head =
        format!("GET /session/events HTTP/1.1\r\nHost: localhost:3000\r\nCookie: __Host-session={secret}\r\n\r\n");
    let mut stream = send(server.address, head.as_bytes()).await;
    let mut text = String::new();
    while !text.contains(": beat") {
        let mut bytes = [0; 4096];
        let count = timeout(HANG, stream.read(&mut bytes)).await.expect("in time").expect("bytes");
        text += &String::from_utf8_lossy(&bytes[..count]);
        if count == 0 || text.starts_with("HTTP/1.1 429") {
            return None;
        }
    }
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    Some(stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_for_the_streams_of_open_pages() {
    let server = running().await;
    let secret = server.app.logged_in("alice").await.cookies["__Host-session"].clone();
    let stream = listening(&server, &secret).await.expect("a stream");
    // Far longer than the test may take: it is the stream that ends, not the deadline that comes.
    finish(&server.stop, &server.app.services.streams, 10 * HANG);
    timeout(HANG, server.server).await.expect("it stops").expect("no panic").expect("no error");
    let rest = answer(stream).await;
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends in order: {rest:?}");
}

/// The head of a form that is sent by a logged-in browser, and the beginning of its body.
fn endless_form(secret: &str) -> String {
    format!(
        "POST /actions/change_name HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: http://localhost:3000\r\nCookie: \
         __Host-session={secret}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nname=A"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_comes_to_its_end_gives_back_the_turn_and_the_connection() {
    let server = running_with(&["--header-timeout-seconds", "60", "--request-timeout-seconds", "1"]).await;
    let mut alice = server.app.with_token("alice").await;
    let id = alice.user_id().await;
    let crowd = &server.app.services.crowd;
    let slow = send(server.address, endless_form(&alice.cookies["__Host-session"]).as_bytes()).await;
    let until = async |count: usize| {
        while crowd.present(&id) != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, until(1)).await.expect("it is worked on");
    let answer = answer(slow).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    timeout(HANG, until(0)).await.expect("it is no more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_goes_away_before_the_answer_is_counted() {
    let server = running_with(&WITHOUT_DEADLINE).await;
    // No password is hashed, so the answer is not there before they go.
    let passwords = server.app.services.app.passwords.clone();
    let _held = passwords.hold().await;
    let form = "email=alice%40example.com&password=seven+quiet+rivers";
    let head = "POST /actions/log_in HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: http://localhost:3000\r\nContent-Type: \
                application/x-www-form-urlencoded\r\nContent-Length:";
    let stream = send(server.address, format!("{head} {}\r\n\r\n{form}", form.len()).as_bytes()).await;
    let waits = async {
        while passwords.at_work().1 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, waits).await.expect("it is worked on");
    drop(stream);
    let row = "latchkey_http_requests_total{method=\"POST\",route=\"/actions/log_in\",status=\"gone\"} 1";
    let counted = async {
        while !server.app.services.measured().expect("text").contains(row) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, counted).await.expect("it is counted");
}

/// One request that never ends, and a server that lets it run for so long.
async fn stopped_during_a_request(deadline: Duration) -> (JoinHandle<Result<(), String>>, Stop, TcpStream) {
    let app = TestApp::with(Kind::Sqlite, &[]).await;
    let services = app.services.clone();
    let begun = Arc::new(Notify::new());
    let router = axum::Router::new().route("/", {
        let begun = Arc::clone(&begun);
        axum::routing::get(|| async move {
            begun.notify_one();
            std::future::pending::<()>().await;
        })
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, door) = (Stop::default(), Door::new(&services.state.config, 4, services.metrics.clone()));
    let server = tokio::spawn(answer_on(listener, router, HANG * 3, door, stop.clone()));
    let stream = send(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    timeout(HANG, begun.notified()).await.expect("the request is answered");
    stop.within(deadline);
    (server, stop, stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_when_it_is_time_to_stop_is_ended_at_the_deadline() {
    let (server, _stop, stream) = stopped_during_a_request(Duration::from_millis(100)).await;
    timeout(HANG, server).await.expect("it stops").expect("no panic").expect("no error");
    assert_eq!(answer(stream).await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_does_not_wait_for_the_deadline() {
    let (server, stop, stream) = stopped_during_a_request(10 * HANG).await;
    stop.at_once();
    timeout(HANG, server).await.expect("it stops").expect("no panic").expect("no error");
    assert_eq!(answer(stream).await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_of_a_stream_is_given_back_when_its_client_goes() {
    let server = running().await;
    let secret = server.app.logged_in("alice").await.cookies["__Host-session"].clone();
    let first = listening(&server, &secret).await.expect("a stream");
    assert!(listening(&server, &secret).await.is_none(), "there is one place");
    drop(first);
    let second = async {
        while listening(&server, &secret).await.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, second).await.expect("the place is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_are_too_large_or_ambiguous_are_refused() {
    let server = running().await;
    let large = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(100 * 1024));
    assert!(answer(send(server.address, large.as_bytes()).await).await.starts_with("HTTP/1.1 431"));
    assert!(answer(send(server.address, b"no request\r\n\r\n").await).await.starts_with("HTTP/1.1 400"));
    let services = &server.app.services;
    let counted = async {
        while !services.measured().expect("text").contains("cut_off_total{why=\"unreadable\"} 2") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, counted).await.expect("both are counted, although no request began");
    for head in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost:3000\r\nHost: localhost:3000\r\n"] {
        let request = format!("{}Connection: close\r\n\r\n", head.trim_end_matches("\r\n").to_owned() + "\r\n");
        let answer = answer(send(server.address, request.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let smuggled = "POST /actions/log_out HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 5\r\n\
                    Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = answer(send(server.address, smuggled.as_bytes()).await).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "one answer, not two: {answer}");
}

/// What the doctor asks: nobody else learns from it what stands in front of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_a_request_looks_from_here_is_told_to_who_holds_the_secret_key() {
    let app = TestApp::with(Kind::Sqlite, &["--trusted-proxies", "10.0.0.1", "--instance", "web-1"]).await;
    let ask = async |question: &str, from: &str| {
        let mut caller = app.anonymous().at_ip(from);
        let mut request = caller.request(Method::GET, "/healthz").header("x-forwarded-for", "198.51.100.7");
        request.headers_mut().expect("headers").insert(QUESTION, HeaderValue::from_str(question).expect("a header"));
        let answer = caller.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, 200);
        answer
    };
    let now_ms = app.clock.now_ms();
    let good = question(&app.services.secret, now_ms);
    let seen: Seen = serde_json::from_slice(&ask(&good, "10.0.0.1").await.body).expect("what it saw");
    let (peer, client, host) = ("10.0.0.1".into(), "198.51.100.7".into(), "localhost:3000".into());
    assert_eq!(seen, Seen { instance: "web-1".into(), host, peer, client, forwarded: true, now_ms });
    let untrusted: Seen = serde_json::from_slice(&ask(&good, "10.0.0.2").await.body).expect("what it saw");
    assert_eq!((&*untrusted.peer, &*untrusted.client), ("10.0.0.2", "10.0.0.2"));

    let stranger = question(&SecretKey::generate().expect("a key"), now_ms);
    let moved = good.replacen(&now_ms.to_string(), &(now_ms + 1).to_string(), 1);
    for wrong in [&*stranger, &moved, "", ".", "x.y"] {
        assert_eq!(ask(wrong, "10.0.0.1").await.text(), "ok\n");
    }
    app.clock.advance_ms(10 * 60_000);
    assert_eq!(ask(&good, "10.0.0.1").await.text(), "ok\n", "what was overheard is good for nothing soon");
}
