//! Applications that no one has registered, such as AI tools: the ID is the address of a document.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::{Value, json};

use super::{
    app::TestApp,
    caller::Answer,
    keys::header,
    oauth::{BACK, Program, agree, encoded, text},
    oauth_device::{GRANT, decide},
    oauth_tokens::me,
    on_both_databases,
};
use crate::{
    base::db::Kind,
    oauth::{
        clients::{Client, ClientKind, is_document, store},
        scope::Scopes,
    },
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Where an application describes itself.
#[derive(Clone)]
struct Site {
    id: String,
    says: Arc<Mutex<(u16, String)>>,
    calls: Arc<AtomicUsize>,
}

impl Site {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let id = format!("http://{}/app.json", listener.local_addr().expect("an address"));
        let this = Self { id, says: Arc::default(), calls: Arc::default() };
        this.says(&json!({ "client_id": this.id, "client_name": "Notes helper", "redirect_uris": [BACK] }));
        async fn answer(State(site): State<Site>) -> impl IntoResponse {
            site.calls.fetch_add(1, Ordering::SeqCst);
            let (status, body) = site.says.lock().expect("what it says").clone();
            (StatusCode::from_u16(status).expect("a status"), [("location", site.id.clone())], body)
        }
        let router = Router::new().route("/app.json", get(answer)).with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    fn says(&self, document: &Value) {
        self.answers(200, &document.to_string());
    }

    fn answers(&self, status: u16, body: &str) {
        *self.says.lock().expect("what it says") = (status, body.to_owned());
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn program(&self, app: &TestApp) -> Program {
        Program { id: self.id.clone(), secret: None, back: BACK.to_owned(), anyone: app.anonymous() }
    }
}

#[test]
fn an_address_of_a_document_is_https_plain_and_has_a_path() {
    let good = ["https://app.example/client.json", "https://app.example:8443/a?b=c", "http://localhost:3001/client"];
    let bad = [
        "https://app.example",
        "https://app.example/",
        "http://app.example/client",
        "https://app.example/a#b",
        "https://u:p@app.example/a",
        "https://app.example/a/../b",
        "https://APP.example/a",
        "client",
        "javascript:alert(1)",
    ];
    for (list, is_one) in [(&good[..], true), (&bad[..], false)] {
        for id in list {
            assert_eq!(is_document(id), is_one, "{id}");
        }
    }
}

on_both_databases! {
    async fn an_application_that_describes_itself_is_asked_about_and_ended_like_any_other(app: TestApp) {
        let (mut ada, mut bob, site) = (app.admin().await, app.logged_in("bob").await, Site::start().await);
        let helper = site.program(&app);
        let address = format!("/oauth/authorize?{}", helper.query(&[("scope", "account:read offline_access")]));

        let visitor = app.anonymous().open(&address).await;
        assert!(visitor.header("location").starts_with("/login"), "{}", visitor.text());
        let silent = app.anonymous().open(&format!("{address}&prompt=none")).await;
        assert_eq!((silent.status, silent.header("location")), (400, ""), "no form: {}", silent.text());
        assert!(silent.text().contains("not to show you a login form"), "{}", silent.text());
        let twice = app.anonymous().open(&format!("{address}&prompt=login&prompt=none")).await;
        assert!(twice.status == 400 && twice.text().contains("prompt comes twice."), "no form either: {}", twice.text());
        assert_eq!(site.calls(), 0, "no stranger makes this server call anyone");

        let page = bob.open(&address).await.text();
        assert!(page.contains("Allow Notes helper access"), "{page}");
        assert!(page.contains("No one here knows it") && page.contains(&site.id), "{page}");
        assert!(page.contains("app.example"), "where the user is sent: {page}");
        let tokens = helper.tokens(&mut bob, "account:read offline_access").await;
        assert_eq!((me(&app, &tokens).await, site.calls()), (200, 1));
        assert_eq!(helper.refresh(text(&tokens, "refresh_token")).await.status, 200);

        let listed = ada.open("/admin/apps").await.text();
        assert!(listed.contains("Notes helper"), "{listed}");
        let encoded: String = url::form_urlencoded::byte_serialize(site.id.as_bytes()).collect();
        let its_page = ada.open(&format!("/account/apps/{encoded}")).await;
        assert!(its_page.status == 200 && its_page.text().contains(&site.id), "{}", its_page.text());
        let disabled = ada.act("disable_app", &[("id", &site.id)]).await;
        assert_eq!(disabled.status, 200, "{}", disabled.text());
        assert_eq!(ada.open(disabled.header("location")).await.status, 200);
        assert_eq!(me(&app, &tokens).await, 401, "on the next call");
        app.clock.advance_ms(HOUR + 1);
        assert_eq!(bob.open(&address).await.status, 400, "and its document doesn't enable it");
    }

    async fn where_registered_ones_only_may_ask_what_is_connected_goes_on_and_nothing_connects_anew(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        let helper = site.program(&app);
        let tokens = helper.tokens(&mut bob, "account:read").await;
        let code = helper.code(&mut bob, &[("scope", "account:read")]).await;
        let begin = async || helper.post("/oauth/device_authorization", &[("scope", "account:read")]).await.json();
        let (waits, allowed) = (begin().await, begin().await);
        assert_eq!(decide(&mut bob, &allowed, "allow").await.status, 200);
        let (_, off) = app.another_instance_set(|all| all.parts.oauth.unregistered_applications = false).await;
        let (there, mut bob) = (Program { anyone: helper.anyone.at(off.clone()), ..helper.clone() }, bob.at(off));
        let (user_code, user) = (text(&waits, "user_code"), bob.user_id().await);
        for (action, fields) in [
            ("enter_device_code", &[("code", user_code)][..]),
            ("allow_app", &[("device", user_code), ("user", &user), ("decision", "allow")]),
        ] {
            assert_eq!(bob.act(action, fields).await.text(), r#"{"Invalid":["DeviceCodeWrong"]}"#, "{action}");
        }
        let mut refused = vec![there.redeem(&code).await];
        for begun in [&waits, &allowed] {
            let fields = [("grant_type", GRANT), ("device_code", text(begun, "device_code"))];
            refused.push(there.post("/oauth/token", &fields).await);
        }
        for answer in refused {
            assert_eq!((answer.status, text(&answer.json(), "error")), (400, "unauthorized_client"));
        }
        assert_eq!(there.refresh(text(&tokens, "refresh_token")).await.status, 200, "as the setting says");
        assert_eq!(helper.redeem(&code).await.status, 200, "where they may ask");
    }

    async fn what_a_document_says_is_looked_at(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        let helper = site.program(&app);
        let address = format!("/oauth/authorize?{}", helper.query(&[("scope", "openid")]));
        let with = |field: &str, value: Value| {
            let mut document = json!({ "client_id": site.id, "redirect_uris": [BACK] });
            document[field] = value;
            (200, document.to_string())
        };
        let wrong = [
            (with("client_id", json!("https://app.example/other.json")), "client_id"),
            (with("client_id", json!(1)), "JSON with the fields"),
            (with("redirect_uris", json!([])), "redirect_uris is missing"),
            (with("redirect_uris", json!(["javascript:alert(1)"])), "redirect_uris has an address"),
            (with("redirect_uris", json!(["http://app.example/cb"])), "redirect_uris has an address"),
            (with("token_endpoint_auth_method", json!("client_secret_basic")), "token_endpoint_auth_method"),
            (with("client_name", json!("x".repeat(61))), "client_name"),
            (with("client_name", json!("Latch\u{202e}yek")), "client_name"),
            (with("client_name", json!("\u{200b}\u{200b}")), "client_name"),
            (with("client_uri", json!("x".repeat(5_200))), "longer than 5120 bytes"),
            ((200, "<html>".into()), "JSON with the fields"),
            ((404, String::new()), "status 404"),
            ((302, String::new()), "status 302"),
        ];
        for ((status, body), why) in wrong {
            site.answers(status, &body);
            // Who asks again and again has to wait.
            app.clock.advance_ms(10 * MINUTE);
            let page: Answer = bob.open(&address).await;
            assert_eq!((page.status, page.header("location")), (400, ""), "{why}: {}", page.text());
            assert!(page.text().contains(why), "{why}: {}", page.text());
        }
        app.clock.advance_ms(10 * MINUTE);
        let (_, ours) = with("client_name", json!("Latchkey support"));
        site.answers(200, &ours.replace(BACK, "https://app.example/before"));
        assert_eq!(bob.open(&address).await.status, 400, "an address that it doesn't name");
        let names = app.services.state.db.pool.clone();
        let (name,): (String,) = sqlx::query_as("select name from clients where id like 'http%'").fetch_one(&names).await.expect("a row");
        assert_eq!(name, "this computer", "no one passes for us: its host instead");
        app.clock.advance_ms(HOUR + 1);
        let mut bob = app.logged_in_again("bob").await;
        site.says(&json!({ "client_id": site.id, "redirect_uris": ["https://app.example/other"] }));
        let page = bob.open(&address).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "an address that it doesn't name: {}", page.text());
    }

    async fn a_document_may_ask_for_rs256(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        for (asked, alg) in [("RS256", "RS256"), ("ES384", "ES256")] {
            site.says(&json!({ "client_id": site.id, "redirect_uris": [BACK], "id_token_signed_response_alg": asked }));
            let tokens = site.program(&app).tokens(&mut bob, "openid").await;
            assert_eq!(header(text(&tokens, "id_token"))["alg"], alg);
            app.clock.advance_ms(HOUR + 1);
            bob = app.logged_in_again("bob").await;
        }
    }

    async fn what_cannot_be_reached_is_said_in_plain_words(app: TestApp) {
        let mut bob = app.logged_in("bob").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        for (id, why) in [
            (format!("http://127.0.0.1:{port}/app.json"), "can't be reached."),
            ("https://10.0.0.5/app.json".to_owned(), "the address isn't public."),
        ] {
            let helper = Program { id: id.clone(), secret: None, back: BACK.to_owned(), anyone: app.anonymous() };
            let page = bob.open(&format!("/oauth/authorize?{}", helper.query(&[]))).await;
            assert!(page.status == 400 && page.text().contains(why), "{id}: {}", page.text());
        }
    }

    async fn a_mistake_of_an_application_that_no_one_knows_sends_no_one_away_by_itself(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        let helper = site.program(&app);
        let at = |more: &[(&str, &str)]| format!("/oauth/authorize?{}", helper.query(more));
        assert_eq!(bob.open(&at(&[])).await.status, 200);
        for (more, error, why) in [
            (&[("response_type", "token")][..], "unsupported_response_type", "response_type must be code"),
            (&[("prompt", "none")], "consent_required", "The user has to be asked"),
        ] {
            let page = bob.open(&at(more)).await;
            let words = page.text();
            assert_eq!((page.header("location"), page.header("refresh")), ("", ""), "{words}");
            assert!(words.contains(why) && words.contains(&format!("href=\"{BACK}?error={error}&amp;")), "{words}");
        }
        let visitor = app.anonymous().open(&at(&[("prompt", "none")])).await;
        assert!(visitor.header("location").is_empty() && visitor.text().contains("error=login_required"), "{}", visitor.text());
        let page = bob.open(&at(&[("response_mode", "form_post"), ("prompt", "none")])).await.text();
        assert!(page.contains("id=\"answer\"") && !page.contains(".submit()"), "{page}");
        // Whoever has looked at it and said no is sent back.
        let page = bob.open(&at(&[])).await.text();
        assert_eq!(agree(&mut bob, &page, "refuse").await[0].1, "access_denied");
    }

    async fn where_a_document_sends_its_users_after_a_logout_they_go_by_hand(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        site.says(&json!({ "client_id": site.id, "redirect_uris": [BACK], "post_logout_redirect_uris": ["https://evil.example/"] }));
        assert_eq!(bob.open(&format!("/oauth/authorize?{}", site.program(&app).query(&[("scope", "openid")]))).await.status, 200);
        let request = encoded(&[("client_id", &*site.id), ("post_logout_redirect_uri", "https://evil.example/")]);
        let page = app.anonymous().open(&format!("/oauth/logout?{request}")).await;
        assert_eq!((page.status, page.header("location"), page.header("refresh")), (200, "", ""), "{}", page.text());
        assert!(page.text().contains("Only continue if you trust evil.example"), "{}", page.text());
        let led = bob.act("log_out_for_app", &[("request", &request)]).await;
        let page = bob.open(led.header("location")).await;
        assert!(page.header("refresh").is_empty() && page.text().contains("Only continue if"), "{}", page.text());
    }

    async fn a_document_is_read_anew_after_an_hour(app: TestApp) {
        let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
        let address = format!("/oauth/authorize?{}", site.program(&app).query(&[("scope", "openid")]));
        assert_eq!(bob.open(&address).await.status, 200);
        site.says(&json!({ "client_id": site.id, "redirect_uris": ["https://app.example/other"] }));
        app.clock.advance_ms(HOUR - 1_000);
        let mut bob = app.logged_in_again("bob").await;
        assert_eq!((bob.open(&address).await.status, site.calls()), (200, 1));
        app.clock.advance_ms(2_000);
        assert_eq!((bob.open(&address).await.status, site.calls()), (400, 2), "what it takes back works no longer");
    }
}

#[tokio::test]
async fn a_setting_leaves_registered_applications_only() {
    let app = TestApp::with(Kind::Sqlite, &["--unregistered-applications", "false"]).await;
    let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
    let page = bob.open(&format!("/oauth/authorize?{}", site.program(&app).query(&[("scope", "openid")]))).await;
    assert!(page.status == 400 && page.text().contains("registered ones only"), "{}", page.text());
    assert_eq!(site.calls(), 0);
    let said = app.anonymous().open("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(said["client_id_metadata_document_supported"], false);
    let known = Client {
        id: site.id.clone(),
        name: "Known".into(),
        kind: ClientKind::Native,
        logouts: vec!["https://app.example/bye".into()],
        scopes: Scopes::stored("openid"),
        ..Client::default()
    };
    // Connected before the setting was changed.
    store::save_client(&app.services.state.db.pool, &known, Some(app.clock.now_ms())).await.expect("a row");
    let begun = site.program(&app).post("/oauth/device_authorization", &[("scope", "openid")]).await;
    assert_eq!(text(&begun.json(), "error"), "unauthorized_client");
    let request = encoded(&[("client_id", &*site.id), ("post_logout_redirect_uri", "https://app.example/bye")]);
    let answer = app.anonymous().open(&format!("/oauth/logout?{request}")).await;
    assert_eq!(answer.header("location"), "/login", "and no one is sent anywhere by it");
}

#[tokio::test]
async fn to_read_a_document_is_no_guess() {
    let app = TestApp::with(Kind::Sqlite, &["--tries-per-network", "1"]).await;
    let (mut bob, site) = (app.logged_in("bob").await, Site::start().await);
    let helper = site.program(&app);
    let address = format!("/oauth/authorize?{}", helper.query(&[("scope", "openid")]));
    assert_eq!(bob.open(&address).await.status, 200);
    assert_eq!(helper.refresh("lkr_guessed").await.status, 400, "the first guess");
    site.says(&json!({ "client_id": site.id, "redirect_uris": [BACK], "client_secret": "for everyone" }));
    app.clock.advance_ms(HOUR + 1_000);
    let page = app.logged_in_again("bob").await.open(&address).await;
    assert_eq!(page.status, 400, "a secret that everyone can read: {}", page.text());
}
