//! Static files, and names that no file can have.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use tempfile::TempDir;

use super::{
    app::TestApp,
    caller::{Answer, Caller, HOST},
};
use crate::{base::db::Kind, serve::router::router, web::cookies::Name};

/// A site of a few files, and somebody who asks for them.
async fn site() -> (TempDir, TestApp, Caller) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("pkg")).expect("a folder");
    for name in [
        "pkg/a.css",
        "pkg/a.css.br",
        "pkg/a.js",
        "pkg/a.wasm",
        "icon.svg",
        "icon.ico",
        "robots.txt",
        "site.webmanifest",
    ] {
        std::fs::write(folder.path().join(name), name).expect("a file");
    }
    let app = TestApp::on(Kind::Sqlite).await;
    let mut services = app.services.clone();
    services.options.site_root = folder.path().to_str().expect("a path").into();
    let caller = Caller::of(router(services));
    (folder, app, caller)
}

/// Browsers and others ask for it without being told to.
#[test]
fn there_is_an_icon_of_the_old_name() {
    let icon = include_bytes!("../../public/favicon.ico");
    assert_eq!(icon[..6], [0, 0, 1, 0, 1, 0], "an icon, one picture");
    let at = usize::try_from(u32::from_le_bytes(icon[18..22].try_into().expect("four bytes"))).expect("a place");
    assert_eq!(&icon[at..at + 8], b"\x89PNG\r\n\x1a\n");
}

async fn get(caller: &mut Caller, path: &str, encodings: &str) -> Answer {
    let request = Request::get(path).header(header::HOST, HOST).header(header::ACCEPT_ENCODING, encodings);
    caller.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_file_says_what_it_is_and_that_it_comes_in_two_encodings() {
    let (_folder, _app, mut caller) = site().await;
    for (path, kind) in [
        ("/pkg/a.css", "text/css; charset=utf-8"),
        ("/pkg/a.js", "text/javascript; charset=utf-8"),
        ("/pkg/a.wasm", "application/wasm"),
        ("/icon.svg", "image/svg+xml; charset=utf-8"),
        ("/icon.ico", "image/x-icon"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/site.webmanifest", "application/manifest+json; charset=utf-8"),
    ] {
        let answer = get(&mut caller, path, "identity").await;
        assert_eq!((answer.status, answer.header("content-type"), &*answer.text()), (200, kind, &path[1..]));
        assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
        let keep =
            if path.starts_with("/pkg/") { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
        assert_eq!(answer.header("cache-control"), keep, "{path}");
    }
    let small = get(&mut caller, "/pkg/a.css", "br").await;
    assert_eq!((small.header("content-encoding"), small.header("vary")), ("br", "accept-encoding"));
    assert_eq!((small.header("content-type"), &*small.text()), ("text/css; charset=utf-8", "pkg/a.css.br"));
    let known = caller
        .request(Method::GET, "/pkg/a.js")
        .header(header::IF_MODIFIED_SINCE, "Fri, 31 Dec 2100 00:00:00 GMT")
        .body(Body::empty())
        .expect("a request");
    let known = caller.send(known).await;
    assert_eq!((known.status, known.header("vary")), (304, "accept-encoding"));
}

#[tokio::test]
async fn a_file_that_caches_keep_for_everyone_takes_no_cookie_out_of_the_browser() {
    let (_folder, app, mut caller) = site().await;
    let session = Name::Session.full(app.services.state.config.insecure_cookies);
    for (path, takes) in [("/pkg/a.css", 0), ("/icon.svg", 0), ("/login", 1)] {
        let request =
            Request::get(path).header(header::HOST, HOST).header(header::COOKIE, format!("{session}=nonsense"));
        let answer = caller.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((answer.status, answer.headers.get_all(header::SET_COOKIE).iter().count()), (200, takes), "{path}");
    }
}

#[tokio::test]
async fn a_name_that_no_file_can_have_is_not_found() {
    let (_folder, _app, mut caller) = site().await;
    let (long, longer) = ("a".repeat(300), "a/".repeat(3_000));
    let names = [
        format!("/{long}"),
        format!("/{long}.css"),
        format!("/pkg/{long}.css"),
        format!("/{longer}x.css"),
        "/robots.txt/x.css".into(),
        "/%00.css".into(),
        "/pkg/a.css%00".into(),
        "/%ff.css".into(),
        "/../Cargo.toml".into(),
        "/%2e%2e/%2e%2e/etc/passwd.".into(),
        "/..%5cx.css".into(),
    ];
    for name in names {
        let answer = get(&mut caller, &name, "br").await;
        assert_eq!(answer.status, 404, "{name}");
        assert!(!answer.header("cache-control").contains("public"), "{name}");
    }
}
