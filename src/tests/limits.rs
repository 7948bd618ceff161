//! Headers on every response, limits, and errors of their own.

use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, HOST},
    on_both_databases,
};
use crate::base::db::Kind;

const ON_EVERY_RESPONSE: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

fn assert_secure(answer: &Answer, what: &str) {
    for (name, value) in ON_EVERY_RESPONSE {
        assert_eq!(answer.header(name), value, "{name} of {what}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    let is_page = answer.header("content-type").starts_with("text/html");
    assert_eq!(answer.header("permissions-policy").contains("camera=()"), is_page, "{what}");
    assert_eq!(answer.header("x-request-id").len(), 16, "{what}");
    assert!(answer.status >= 300 || !answer.header("content-type").is_empty(), "{what}");
}

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").expect("a nonce");
    rest.split('\'').next().expect("an end").to_owned()
}

async fn get_with_hosts(app: &TestApp, path: &str, hosts: &[&str]) -> Answer {
    let mut request = Request::builder().uri(path).header(header::ACCEPT, "application/json");
    for host in hosts {
        request = request.header(header::HOST, *host);
    }
    app.anonymous().send(request.body(Body::empty()).expect("a request")).await
}

on_both_databases! {
    async fn every_response_carries_the_security_headers(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        for path in ["/", "/login", "/dashboard", "/nowhere", "/healthz", "/readyz", "/actions/nothing", "/api/nothing"] {
            assert_secure(&alice.open(path).await, path);
        }
        assert_secure(&alice.api(Method::GET, "/api/v1/notes", None).await, "a success of the API");
        assert_secure(&alice.api(Method::PATCH, "/api/v1/notes", None).await, "405");
        assert_secure(&app.anonymous().api(Method::GET, "/api/v1/notes", None).await, "401");
        assert_secure(&get_with_hosts(&app, "/", &["evil.example"]).await, "a foreign host");
        assert_secure(&alice.act("log_out", &[]).await, "an action");
    }

    async fn the_nonce_of_a_page_is_fresh_and_its_scripts_carry_it(app: TestApp) {
        let (one, two) = (app.anonymous().open("/").await, app.anonymous().open("/").await);
        assert_ne!(nonce(&one), nonce(&two));
        let html = one.text();
        let with_nonce = html.matches(&format!("nonce=\"{}\"", nonce(&one))).count();
        assert_eq!(html.matches("<script").count(), with_nonce);
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }

    async fn in_production_every_response_asks_for_https(app: TestApp) {
        drop(app);
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let app = TestApp::with(Kind::Sqlite, &["--base-url", "https://accounts.example.com", "--secret-key", key]).await;
        for (path, host) in [("/", "accounts.example.com"), ("/", "evil.example"), ("/healthz", "10.0.0.1"), ("/x", "accounts.example.com")] {
            let answer = get_with_hosts(&app, path, &[host]).await;
            assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
        }
    }

    async fn a_missing_doubled_or_foreign_host_is_refused(app: TestApp) {
        assert_eq!(get_with_hosts(&app, "/", &[]).await.code(), "bad_request");
        assert_eq!(get_with_hosts(&app, "/", &[HOST, HOST]).await.code(), "bad_request");
        assert_eq!(get_with_hosts(&app, "/", &[HOST, "evil.example"]).await.code(), "bad_request");
        for host in ["evil.example", "localhost", "localhost:3001", "localhost:3000.evil.example", "x@localhost:3000/", ""] {
            assert_eq!(get_with_hosts(&app, "/login", &[host]).await.status, 400, "{host}");
        }
        for host in [HOST, "127.0.0.1:3000", "LOCALHOST:3000"] {
            assert_eq!(get_with_hosts(&app, "/login", &[host]).await.status, 200, "{host}");
        }
        assert_eq!(get_with_hosts(&app, "http://evil.example/", &[HOST]).await.status, 400, "target and header disagree");
        assert_eq!(get_with_hosts(&app, "/healthz", &["10.0.0.1:3000"]).await.status, 200, "probes come by address");
    }

    async fn a_host_is_compared_as_it_stands(app: TestApp) {
        drop(app);
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let app = TestApp::with(Kind::Sqlite, &["--base-url", "https://accounts.example.com", "--secret-key", key]).await;
        for host in ["accounts.example.com", "Accounts.EXAMPLE.com", "accounts.example.com:443"] {
            assert_eq!(get_with_hosts(&app, "/login", &[host]).await.status, 200, "{host}");
        }
        for host in ["accounts.exa%6dple.com", "accounts.exam\tple.com", "accounts.example.com\t", "accounts.example.com.",
            "accounts.example.com:0443", "accounts.example.com:80", "accounts.example.com:", "x:y@accounts.example.com",
            "accounts.example.com/", "https://accounts.example.com", "localhost:3000"] {
            let answer = get_with_hosts(&app, "/login", &[host]).await;
            assert_eq!((answer.status, answer.code()), (400, "wrong_host".into()), "{host:?}");
        }
    }

    async fn a_cookie_that_comes_twice_is_refused(app: TestApp) {
        let alice = app.with_token("alice").await;
        let secret = &alice.cookies["__Host-session"];
        let twice = format!("__Host-session={secret}; __Host-session=other");
        let request = Request::builder().uri("/dashboard").header(header::HOST, HOST).header(header::COOKIE, twice);
        assert_eq!(app.anonymous().send(request.body(Body::empty()).expect("a request")).await.status, 400);
    }

    async fn a_person_is_refused_with_a_page_and_a_program_with_a_problem_document(app: TestApp) {
        let mut person = app.anonymous();
        person.cookies.insert("__Host-session".into(), "a; __Host-session=b".into());
        let page = person.open("/login").await;
        assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"));
        assert!(page.text().contains("The same cookie was sent twice") && page.text().contains(page.header("x-request-id")));
        assert_secure(&page, "a refusal for a person");
        let problem = person.api(Method::GET, "/api/v1/me", None).await;
        assert_eq!((problem.status, problem.code()), (400, "bad_request".into()));
        assert_eq!(app.anonymous().open("/api/v1/me").await.code(), "token_missing", "the API speaks JSON to everybody");
    }

    async fn a_body_that_is_too_large_is_refused(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let large = "x".repeat(129 * 1024);
        let answer = alice.api(Method::POST, "/api/v1/notes", Some(serde_json::json!({ "title": "t", "body": large }))).await;
        assert_eq!((answer.status, answer.code()), (413, "too_large".into()));
        let answer = app.anonymous().act("log_in", &[("email", &large), ("password", "x")]).await;
        assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    }

    async fn an_over_long_password_is_refused_before_any_hashing(app: TestApp) {
        let long = "x".repeat(100_000);
        let answer = app.anonymous().log_in("alice", &long).await;
        assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["PasswordTooLong"]}"#.into()));
    }

    async fn garbage_in_cookies_and_headers_is_answered_below_500(app: TestApp) {
        let values: [&[u8]; 8] = [b"", b"=", b"\xff\xfe", b"__Host-session=", b"__Host-session=%00", b"__Host-session=!!!;;;=",
            b"__Host-access=..; __Host-flash=eyJhIjp9", b"__Host-session=AAAA; __Host-access=a.b.c"];
        for value in values {
            for path in ["/", "/dashboard", "/login", "/api/v1/me"] {
                let request = Request::builder().uri(path).header(header::HOST, HOST).header(header::COOKIE, value)
                    .header(header::ACCEPT, "text/html").header("user-agent", value).header(header::AUTHORIZATION, value);
                let answer = app.anonymous().send(request.body(Body::empty()).expect("a request")).await;
                assert!(answer.status < 500, "{path} {value:?}: {}", answer.status);
            }
        }
    }

    async fn a_zero_byte_is_a_bad_request_or_nothing_and_no_fault(app: TestApp) {
        let mut admin = app.admin().await;
        for page in ["/admin/users?q=%00", "/admin/users?q=a%40b%00c", "/admin/sessions?ip=%00", "/account/activity?before=%00"] {
            assert_eq!(admin.open(page).await.status, 200, "{page}");
        }
        for page in ["/admin/audit?q=a%00b", "/admin/audit/export?q=a%00b", "/lab?run=%00", "/login?next=%00", "/not-me?event=%00",
            "/admin/users?after=%00", "/admin/users?role=%00&sort=%00&state=%00", "/admin/sessions?person=%00&after=%00&age=%00",
            "/admin/users/%00", "/admin/keys/%00", "/reset?token=%00", "/verify?token=%00", "/setup?token=%00", "/notes?note=%00"] {
            let status = admin.open(page).await.status;
            assert!(status < 500, "{page}: {status}");
        }
        for path in ["/api/v1/notes/%00", "/api/v1/notes?q=%00"] {
            let status = admin.api(Method::GET, path, None).await.status;
            assert!(status < 500, "{path}: {status}");
        }
        for fields in [[("user", "\0"), ("reason", "x")], [("user", "0"), ("reason", "x\0")]] {
            assert!(admin.act("force_logout", &fields).await.status < 500);
        }
        let answer = app.anonymous().act("log_in", &[("email", "a\0@b.cc"), ("password", "0123456789\0")]).await;
        assert!(answer.status < 500, "{}", answer.text());
    }

    async fn names_come_back_escaped(app: TestApp) {
        let mut mallory = app.anonymous();
        let name = "</script><script>alert(1)</script><!-- \u{2028} \"' &";
        let fields = [("name", name), ("email", "m@example.com"), ("password", PASSWORD)];
        assert_eq!(mallory.act("sign_up", &fields).await.status, 200);
        let html = mallory.open("/dashboard").await.text();
        assert!(!html.contains("<script>alert(1)") && !html.contains("<!-- \u{2028}"), "{html}");
        assert!(html.contains("&lt;/script&gt;"), "{html}");
    }
}

/// The shape of a caller that is used by one test only stays here.
#[tokio::test]
async fn a_panic_in_a_handler_is_an_error_page_and_the_next_request_is_answered() {
    async fn fail() -> &'static str {
        panic!("planted")
    }
    let app = TestApp::on(Kind::Sqlite).await;
    let router =
        crate::serve::router::with_layers(axum::Router::new().route("/fail", axum::routing::get(fail)), &app.services);
    let mut caller = Caller::of(router);
    let page = caller.open("/fail").await;
    assert_eq!(page.status, 500);
    assert!(page.text().contains(page.header("x-request-id")), "the page names the request: {}", page.text());
    assert!(!page.text().contains("planted"));
    assert_secure(&page, "a panic");
    let problem = caller.api(Method::GET, "/fail", None).await;
    assert_eq!((problem.status, problem.code()), (500, "internal".into()));
}

/// Leptos' resources left about one render in a few hundred hanging under load, which is why pages have none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_page_is_answered() {
    let app = TestApp::on(Kind::Sqlite).await;
    let alice = app.with_token("alice").await;
    let visits = (0..16).map(|_| {
        let (mut alice, mut visitor) = (alice.copy(), app.anonymous());
        tokio::spawn(async move {
            for _ in 0..40 {
                for path in ["/dashboard", "/notes", "/nowhere"] {
                    assert!(matches!(alice.open(path).await.status, 200 | 404));
                }
                for path in ["/", "/login", "/signup"] {
                    assert_eq!(visitor.open(path).await.status, 200);
                }
            }
        })
    });
    for visit in futures::future::join_all(visits).await {
        visit.expect("every page was answered");
    }
}
