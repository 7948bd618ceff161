//! The log in both formats: what a caller sends stays within its quotes and steers no terminal.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, Uri, header},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::oneshot;
use tracing::subscriber::DefaultGuard;

use super::{
    app::{HANG, Settings, TestApp},
    caller::HOST,
};
use crate::{
    base::{db::Kind, error::RequestNumber, log_context::RequestContext, log_lines, logging},
    web::to_the_end::ToTheEnd,
};

/// What was logged.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the lines").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Until the guard is dropped, what this thread logs is kept.
    pub fn listen(&self, format: &str, level: &str) -> DefaultGuard {
        let config = Settings::config_of(&["latchkey", "--log-format", format, "--log", level]);
        let lines = self.clone();
        tracing::subscriber::set_default(logging::subscriber(&config, false, move || lines.clone()))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the lines").clone()).expect("text")
    }
}

/// The log of one request, in a format.
async fn log_of(app: &TestApp, format: &str, path: &str, host: &[u8]) -> String {
    let lines = Lines::default();
    let listening = lines.listen(format, "info");
    let host = HeaderValue::from_bytes(host).expect("a header");
    let request = Request::get(path).header(header::HOST, host).body(Body::empty()).expect("a request");
    app.anonymous().send(request).await;
    drop(listening);
    lines.text()
}

/// A control of terminals beyond ASCII, and one that turns the direction of writing.
const STEERING: &str = "/\u{9b}31m\u{202e}\u{2028}x";

#[tokio::test]
async fn a_host_cannot_forge_a_field_of_the_log() {
    let app = TestApp::on(Kind::Sqlite).await;
    let forged = b"evil status=200 user=\"forged\"";
    let text = log_of(&app, "text", "/", forged).await;
    assert!(text.contains(r#"host="evil status=200 user=\"forged\"""#), "{text}");
    assert!(text.contains("method=GET path=/ ip=127.0.0.1") && text.contains("status=400"), "{text}");
    let json = log_of(&app, "json", "/", forged).await;
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().any(|line| line["host"] == "evil status=200 user=\"forged\""), "{json}");
    assert!(lines.iter().all(|line| line.get("user").is_none()), "{json}");
    let line = lines.iter().find(|line| line["message"] == "answered").expect("the line of the request");
    let request = &line["request"];
    assert_eq!((&line["level"], &line["status"]), (&"INFO".into(), &400.into()), "{line}");
    assert_eq!((&request["method"], &request["path"]), (&"GET".into(), &"/".into()), "{line}");
    let at = line["timestamp"].as_str().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    assert!(at.is_some() && line["ms"].is_u64() && request["id"].is_string(), "{line}");
}

#[tokio::test]
async fn no_path_steers_the_terminal_of_who_reads_the_log() {
    let app = TestApp::on(Kind::Sqlite).await;
    let forged = "/=x{y}";
    for format in ["text", "json"] {
        let log = log_of(&app, format, STEERING, HOST.as_bytes()).await;
        assert!(log.contains("31m"), "the path is there: {log}");
        let odd = |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{2028}'..='\u{202e}');
        assert_eq!(log.chars().find(odd), None, "{log:?}");
        let log = log_of(&app, format, forged, HOST.as_bytes()).await;
        assert!(log.contains(&format!("{forged:?}")), "in quotes: {log}");
    }
    let json = log_of(&app, "json", STEERING, HOST.as_bytes()).await;
    let line: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["request"]["path"], STEERING, "nothing is lost");
}

#[tokio::test]
async fn what_goes_on_after_its_caller_has_gone_still_says_whose_request_it_was() {
    let lines = Lines::default();
    let _listening = lines.listen("json", "info");
    let (method, uri) = (Method::GET, Uri::from_static("/notes?q=secret"));
    let request = RequestContext { number: RequestNumber(7), method, uri, ip: Some([127, 0, 0, 1].into()) };
    let ((go, may_go), (tell, told)) = (oneshot::channel::<()>(), oneshot::channel());
    let work = ToTheEnd::of(async move {
        let _ = may_go.await;
        tracing::info!("still at work");
        let _ = tell.send(());
    });
    assert!(futures::future::poll_immediate(request.around(work)).await.is_none(), "it waits, and its caller goes");
    go.send(()).expect("it is at work");
    told.await.expect("it came to its end");
    let line: Value = serde_json::from_str(&lines.text()).expect("one line");
    let request = serde_json::json!({ "id": "0000000000000007", "method": "GET", "path": "/notes", "ip": "127.0.0.1" });
    assert_eq!(line["request"], request, "{line}");
}

#[test]
fn a_joiner_is_shown_as_it_is_only_where_emoji_and_words_need_it() {
    for text in ["👩\u{200d}🚀", "❤\u{fe0f}\u{200d}🔥", "می\u{200c}خواهم"] {
        assert_eq!(logging::visible(text), text);
    }
    assert_eq!(logging::visible("ad\u{200d}min \u{200c}é"), "ad\\u200dmin \\u200cé");
    assert_eq!(logging::visible("é\u{200d}\u{200d}é\u{202e}\u{200d}é"), "é\\u200d\\u200dé\\u202e\\u200dé");
}

#[test]
fn each_line_is_written_once_and_whole_before_the_program_ends() {
    let (lines, out) = (log_lines::Lines::default(), Lines::default());
    let writer = lines.written_to(out.clone());
    let line = |who: usize, n: usize| format!("{who} {n} {}\n", "x".repeat(200));
    thread::scope(|scope| {
        for who in 0..4 {
            let mut lines = &lines;
            scope.spawn(move || (0..1_000).for_each(|n| lines.write_all(line(who, n).as_bytes()).expect("put down")));
        }
    });
    drop(writer);
    let text = out.text();
    let written: BTreeSet<&str> = text.split_inclusive('\n').collect();
    let sent: BTreeSet<String> = (0..4).flat_map(|who| (0..1_000).map(move |n| line(who, n))).collect();
    assert_eq!(text.lines().count(), 4_000);
    assert!(sent.iter().map(String::as_str).eq(written), "whole, and none twice");
    assert_eq!(lines.dropped(), 0);
}

/// Takes nothing for as long as its other end is there.
struct Unread(mpsc::Receiver<()>);

impl Write for Unread {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_program_whose_log_no_one_reads_ends_all_the_same() {
    let (lines, (reader, unread)) = (log_lines::Lines::default(), mpsc::channel());
    let writer = lines.written_to(Unread(unread));
    (&lines).write_all(b"a line\n").expect("put down");
    let (told, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(writer);
        let _ = told.send(());
    });
    ended.recv_timeout(HANG).expect("it does not wait for the reader");
    drop(reader);
}

#[test]
fn lines_that_no_one_reads_in_time_are_dropped_and_counted() {
    let (lines, out) = (log_lines::Lines::default(), Lines::default());
    let line = format!("{}\n", "x".repeat(1023));
    // More than is kept, before anyone writes.
    for _ in 0..20_000 {
        (&lines).write_all(line.as_bytes()).expect("no one waits");
    }
    let dropped = lines.dropped();
    assert!(dropped > 0 && dropped < 20_000, "{dropped}");
    drop(lines.written_to(out.clone()));
    assert_eq!(out.text().lines().count() as u64 + dropped, 20_000);
}
