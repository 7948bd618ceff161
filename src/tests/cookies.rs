//! One reader of the `Cookie` header: what is ours is read exactly, and what others have set changes nothing.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, header},
    routing::get,
};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Caller, HOST},
    on_both_databases,
};
use crate::{auth::links::Purpose, base::db::Kind, serve::router::with_layers};

/// What other applications of a domain set, as bytes: UTF-8, Latin-1, no pair, no name, controls, quotes.
const OF_OTHERS: [&[u8]; 9] = [
    "city=Zürich".as_bytes(),
    b"city=Z\xfcrich",
    "größe=1; x=é".as_bytes(),
    b"alone; =; ==; a=b=c; =__Host-session=x",
    b"quoted=\"a b\"; json={\"a\":[1,2]}",
    b"a\tb=c\td",
    b"%zz=%; %5F_Host-session=AAAAAAAAAAAAAAAAAAAAAA",
    b"session=x; __host-session=x; __Host-sessio=x; __Host-sessionn=x; \xff\xfe=\x80",
    b";;;  ;\t;",
];

/// Ways to write a name that some readers take for `name`.
fn alike(name: &str) -> Vec<Vec<u8>> {
    let blanks = ["\u{2003}", "\u{a0}", "\u{85}", "\u{feff}", "\u{3000}", "\u{1680}", "\u{2028}"].map(str::as_bytes);
    let bytes: [&[u8]; 3] = [b"\xa0", b"\x85", b"+"];
    let mut names = Vec::new();
    for blank in blanks.into_iter().chain(bytes) {
        names.extend([[blank, name.as_bytes()].concat(), [name.as_bytes(), blank].concat()]);
    }
    names.push(name.replacen('_', "%5F", 1).into_bytes());
    names.push(name.replace('s', "%73").into_bytes());
    names.push(name.to_lowercase().into_bytes());
    names.push(format!("{name} ").into_bytes());
    names
}

/// What a handler behind all layers finds in the header.
async fn understood(line: &[u8]) -> String {
    async fn echo(headers: HeaderMap) -> String {
        let lines = headers.get_all(header::COOKIE).iter().map(|line| line.to_str().expect("text"));
        lines.collect::<Vec<_>>().join(" | ")
    }
    let app = TestApp::on(Kind::Sqlite).await;
    let router = with_layers(Router::new().route("/echo", get(echo)), &app.services);
    let request = Request::builder().uri("/echo").header(header::HOST, HOST).header(header::COOKIE, line);
    Caller::of(router).send(request.body(Body::empty()).expect("a request")).await.text()
}

#[tokio::test]
async fn what_comes_after_the_layer_reads_nothing_but_ours() {
    let line = "x=é; __Host-session=abc;\t__Host-link=d-_.e \t; \u{2003}__Host-access=no; city=Zürich; %5F_Host-lab=no; \
                __Host-device =no; __Host-flash=\"no\"; __Host-log-in=n%6f; __Host-appearance= no";
    assert_eq!(understood(line.as_bytes()).await, "__Host-session=abc; __Host-link=d-_.e");
    for line in OF_OTHERS {
        assert_eq!(understood(line).await, "", "{line:?}");
    }
}

on_both_databases! {
    async fn no_spelling_of_a_name_makes_a_browser_somebody_elses(app: TestApp) {
        let mallory = app.logged_in("mallory").await;
        let alice = app.with_token("alice").await;
        let secret = &mallory.cookies["__Host-session"];
        for name in alike("__Host-session") {
            for beside in ["", "x=é; "] {
                let planted = [beside.as_bytes(), &name[..], &b"="[..], secret.as_bytes()].concat();
                let mut tab = alice.copy();
                tab.cookies_of_others.clone_from(&planted);
                let page = tab.open("/account/profile").await;
                assert!(page.status == 200 && page.text().contains("alice@example.com"), "{planted:?}");
                assert_eq!(tab.renew().await.status, 200, "{planted:?}");
                let mut visitor = app.anonymous();
                visitor.cookies_of_others = planted.clone();
                assert_eq!(visitor.open("/dashboard").await.status, 303, "{planted:?}");
                assert_eq!(visitor.renew().await.status, 401, "{planted:?}");
            }
        }
    }

    async fn a_doubled_cookie_is_refused_whatever_stands_beside_it(app: TestApp) {
        let alice = app.with_token("alice").await;
        let names = ["session", "access", "flash", "link", "device", "log-in", "lab", "appearance"];
        for name in names.map(|name| format!("__Host-{name}")) {
            for beside in ["", "x=é; ", "city=Zürich; "] {
                for second in ["other", "é", "\"\"", ""] {
                    let mut tab = alice.copy();
                    tab.cookies.insert(name.clone(), "mine".into());
                    tab.cookies_of_others = format!("{beside}{name}={second}").into();
                    assert_eq!(tab.renew().await.status, 400, "{beside}{name}={second}");
                }
            }
        }
    }

    async fn cookies_of_other_applications_change_nothing(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-account", "100", "--tries-per-network", "1000"]).await;
        let alice = app.with_token("alice").await;
        for others in OF_OTHERS {
            let mut tab = alice.copy();
            tab.cookies_of_others = others.to_vec();
            assert_eq!(tab.api(Method::GET, "/api/v1/me", None).await.status, 200, "{others:?}");
            assert_eq!(tab.open("/dashboard").await.status, 200, "{others:?}");
            let token = app.link(Purpose::Reset, "alice").await;
            let page = tab.open_link(Purpose::Reset, &token).await;
            assert!(page.status == 200 && page.text().contains("alice@example.com"), "{others:?}");
            // Beside the session that the others of this list go on with.
            tab.cookies.remove("__Host-session");
            assert_eq!(tab.log_in("alice", PASSWORD).await.status, 200, "{others:?}");
            let mut program = app.anonymous();
            program.cookies_of_others = others.to_vec();
            let bearer = [("authorization", &*format!("Bearer {}", alice.access_token()))];
            assert_eq!(program.api_with(Method::GET, "/api/v1/sessions", &bearer, None).await.status, 200, "{others:?}");
        }
        let news = app.outbox().await.into_iter().filter(|(.., mail)| mail.contains("new_device"));
        assert_eq!(news.count(), 0, "the browser stays one that the account knows");
    }
}
