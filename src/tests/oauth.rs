//! Applications: who registers them, where they may send users, what users are asked. And the helpers of oauth_tokens.rs.

use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use futures::stream;
use serde_json::{Value, json};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, HOST, hidden},
    keys, on_both_databases,
    texts::texts,
};
use crate::{
    auth::tokens::{claims::ID_TOKEN, key_set::Key, mint::sign_as},
    base::config::TokenAlgorithm,
    oauth::clients::ClientKind,
};

pub const ISSUER: &str = "http://localhost:3000";
pub const BACK: &str = "https://app.example/cb";
const VERIFIER: &str = "a-verifier-of-at-least-43-characters-as-it-should-be";
const MINUTE: i64 = 60_000;

/// An application, as its own program knows it.
#[derive(Clone)]
pub struct Program {
    pub id: String,
    pub secret: Option<String>,
    pub back: String,
    pub anyone: Caller,
}

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

pub fn encoded(pairs: Pairs<'_>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

/// Registers an application that asks for these scopes.
pub async fn register(app: &TestApp, admin: &mut Caller, kind: &str, back: &str, scopes: &str) -> Program {
    register_with(app, admin, &[("kind", kind), ("redirects", back), ("scopes", scopes)]).await
}

/// As [`register`], with what else the form has. The first address is the one that users come back to.
pub async fn register_with(app: &TestApp, admin: &mut Caller, more: Pairs<'_>) -> Program {
    let fields = [&[("name", "Ledger")], more].concat();
    let back = more.iter().find(|(name, _)| *name == "redirects").map_or("", |(_, value)| *value);
    let answer = admin.act("register_app", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let address = answer.header("location").to_owned();
    let page = admin.open(&address).await.text();
    let id = address.rsplit('/').next().expect("an id").to_owned();
    Program {
        id,
        secret: secret_on(&page),
        back: back.lines().next().unwrap_or_default().to_owned(),
        anyone: app.anonymous(),
    }
}

pub fn secret_on(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<code>lks_")?;
    let secret: String = rest.chars().take_while(|c| *c != '<').collect();
    (secret.len() > 30).then(|| format!("lks_{secret}"))
}

impl Program {
    /// What stands in the address of an authorization request.
    pub fn query(&self, more: Pairs<'_>) -> String {
        let challenge = challenge();
        let usual = [
            ("client_id", &*self.id),
            ("redirect_uri", &self.back),
            ("response_type", "code"),
            ("state", "a state"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(given, _)| given == name));
        let given = more.iter().filter(|(_, value)| *value != "-");
        encoded(&kept.chain(given).copied().collect::<Vec<_>>())
    }

    /// The user agrees; the code.
    pub async fn code(&self, user: &mut Caller, more: Pairs<'_>) -> String {
        let query = self.query(more);
        let page = user.open(&format!("/oauth/authorize?{query}")).await;
        assert_eq!(page.status, 200, "{} {}", page.header("location"), page.text());
        let answer = agree(user, &page.text(), "allow").await;
        answer.iter().find(|(name, _)| name == "code").unwrap_or_else(|| panic!("{answer:?}")).1.clone()
    }

    /// Calls the endpoint as this application.
    pub async fn post(&self, path: &str, fields: Pairs<'_>) -> Answer {
        let mut fields = fields.to_vec();
        fields.push(("client_id", &self.id));
        if let Some(secret) = &self.secret {
            fields.push(("client_secret", secret));
        }
        post(&self.anyone, path, &encoded(&fields), &[]).await
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", VERIFIER),
        ];
        self.post("/oauth/token", &fields).await
    }

    /// What the user's agreement brings.
    pub async fn tokens(&self, user: &mut Caller, scope: &str) -> Value {
        let code = self.code(user, &[("scope", scope)]).await;
        let answer = self.redeem(&code).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
}

pub fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}"))
}

/// A form from no browser.
pub async fn post(caller: &Caller, path: &str, body: &str, headers: Pairs<'_>) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    caller.copy().send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// Presses a button of the page of consent; what goes back to the application.
pub async fn agree(user: &mut Caller, page: &str, decision: &str) -> Vec<(String, String)> {
    let unescaped = |name| hidden(page, name).expect("a field").replace("&amp;", "&");
    let (request, id) = (unescaped("request"), unescaped("user"));
    let fields = [("request", &*request), ("user", &id), ("decision", decision)];
    let answer = user.act("allow_app", &fields).await;
    assert!(answer.status == 200 && answer.header("location").starts_with("/oauth/answer?of="), "{}", answer.text());
    let page = user.open(answer.header("location")).await;
    let refresh = page.header("refresh");
    query_of(refresh.strip_prefix("0; url=").unwrap_or_else(|| panic!("no way back: {}", page.text())))
}

fn query_of(address: &str) -> Vec<(String, String)> {
    url::Url::parse(address).expect("an address").query_pairs().into_owned().collect()
}

/// What a redirect tells the application.
pub fn told(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 303, "{}", answer.text());
    query_of(answer.header("location"))
}

pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[test]
fn what_is_stored_of_applications_keeps_its_text() {
    assert_eq!(texts::<ClientKind>(), ["web", "spa", "native", "service"]);
}

on_both_databases! {
    async fn a_secret_is_shown_once_and_stored_as_a_hash(app: TestApp) {
        let mut ada = app.admin().await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid notes:read").await;
        let secret = ledger.secret.clone().expect("a secret");
        let page = ada.open(&format!("/account/apps/{}", ledger.id)).await.text();
        assert!(!page.contains(&secret) && page.contains(&secret[..10]), "only how it begins: {page}");
        let stored: Vec<(String,)> = sqlx::query_as("select hash || prefix from client_secrets")
            .fetch_all(&app.services.state.db.pool).await.expect("the secrets");
        assert!(stored.len() == 1 && !stored[0].0.contains(&secret[10..]), "{stored:?}");
        let spa = register(&app, &mut ada, "spa", BACK, "openid").await;
        assert!(spa.secret.is_none(), "a page keeps no secret");
        let log = ada.open("/account/activity").await.text();
        assert!(log.contains("You registered the application Ledger"), "{log}");
    }

    async fn only_who_may_registers_and_only_owner_and_administrators_change(app: TestApp) {
        let mut ada = app.admin().await;
        let mut bob = app.logged_in("bob").await;
        let fields = [("name", "Mine"), ("kind", "spa"), ("redirects", BACK), ("scopes", "openid")];
        assert_eq!(bob.act("register_app", &fields).await.status, 403);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        for action in ["disable_app", "delete_app", "add_app_secret"] {
            assert_eq!(bob.act(action, &[("id", &ledger.id)]).await.status, 404, "{action}");
        }
        assert_eq!(bob.open(&format!("/account/apps/{}", ledger.id)).await.status, 404);
        assert_eq!(bob.open("/admin/apps").await.status, 403);
        let open = TestApp::with(app.kind(), &["--applications-by", "everyone"]).await;
        let mut ada = open.admin().await;
        let mut bob = open.logged_in("bob").await;
        assert_eq!(bob.act("register_app", &fields).await.status, 200);
        assert!(ada.open("/admin/apps").await.text().contains("Mine"));
        for _ in 1..20 {
            assert_eq!(bob.act("register_app", &fields).await.status, 200);
        }
        assert_eq!(bob.act("register_app", &fields).await.text(), r#"{"TooManyApps":{"max":20}}"#);
        // A service acts with the scopes that it was registered with, and no user is asked.
        let service = [("name", "Mine"), ("kind", "service"), ("scopes", "invoices:write")];
        let mut eve = open.logged_in("eve").await;
        assert_eq!(eve.act("register_app", &service).await.status, 403);
        let page = eve.open("/account/apps/new").await.text();
        for words in ["value=\"service\"", "Web servers and services", "A service has none"] {
            assert!(!page.contains(words), "{words}: {page}");
        }
        assert!(page.contains("For an API of your own, add your own."), "{page}");
        assert!(ada.open("/account/apps/new").await.text().contains("value=\"service\""));
        open.clock.advance_ms(11 * MINUTE);
        assert_eq!(bob.act("register_app", &fields).await.text(), "\"ProofNeeded\"");
    }

    async fn what_is_registered_is_looked_at(app: TestApp) {
        let mut ada = app.admin().await;
        let at_fields = async |ada: &mut Caller, fields: Pairs<'_>| -> Vec<String> {
            let answer = ada.send_form("register_app", &[&[("name", "X")], fields].concat()).await;
            assert_eq!(answer.status, 422, "{fields:?}");
            let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
            errors.iter().map(|error| format!("{}: {}", text(error, "field"), text(error, "detail"))).collect()
        };
        for (redirects, kind, why) in [
            ("http://app.example/cb", "web", "Use https."), ("https://app.example/cb#x", "web", "begins with #"),
            ("https://*.app.example/cb", "web", "Write each address out"), ("https://user@app.example/cb", "web", "Remove the user name"),
            ("javascript:alert(1)", "web", "Use https."), ("data:text/html,x", "native", "Use https."),
            ("com.example.app:/cb", "web", "A phone or desktop app may"), ("app:/cb", "native", "like com.example.app:"),
            ("https://app.example\\cb", "web", "Write it as https://app.example/cb"), ("/cb", "web", "Write a whole address"),
            ("https://app.example/a/../cb", "web", "Write it as https://app.example/cb"),
            ("HTTPS://APP.EXAMPLE/cb", "web", "Write it as https://app.example/cb"),
            ("https://app.example:443/cb", "web", "Write it as https://app.example/cb"), (BACK, "service", "A service logs no one in"),
        ] {
            let several = format!("https://app.example/good\n{redirects}");
            let lines = if kind == "service" { redirects } else { &several };
            let wrong = at_fields(&mut ada, &[("kind", kind), ("redirects", lines), ("scopes", "notes:read")]).await;
            assert!(wrong.len() == 1 && wrong[0].starts_with(&format!("redirects: {redirects}: ")) && wrong[0].contains(why), "{wrong:?}");
        }
        let three = "http://app.example/cb\nhttps://app.example/good\n/cb";
        let wrong = at_fields(&mut ada, &[("kind", "web"), ("redirects", three), ("scopes", "openid")]).await;
        let first = "http://app.example/cb: Use https. http is for the user's own computer only: http://127.0.0.1.";
        let last = "/cb: Write a whole address, like https://example.com/callback.";
        assert_eq!(wrong, [format!("redirects: {first} {last}")], "each line that is wrong");
        let eleven = "https://app.example/cb\n".repeat(11);
        let wrong = at_fields(&mut ada, &[("kind", "web"), ("redirects", &eleven), ("logouts", &eleven), ("scopes", "a b ä")]).await;
        let scope = "scopes: ä: Use letters, digits and : . _ - / only, at most 64.";
        assert_eq!(wrong, ["redirects: Enter at most 10 addresses.", "logouts: Enter at most 10 addresses.", scope]);
        let of_user = [("kind", "service"), ("logouts", BACK), ("backchannel", BACK), ("scopes", "orders:read email")];
        let wrong = at_fields(&mut ada, &of_user).await;
        let all = [("logouts", BACK), ("backchannel", BACK), ("scopes", "email")];
        assert_eq!(wrong, all.map(|(field, what)| format!("{field}: {what}: Remove it. A service logs no one in.")));
        for (algorithm, kind, why) in [
            ("ES384", "web", "Choose RS256, or leave it empty"), ("rs256", "spa", "Choose RS256"), ("none", "native", "Choose RS256"),
            ("RS256", "service", "A service logs no one in"),
        ] {
            let redirects = if kind == "service" { "" } else { BACK };
            let fields = [("kind", kind), ("redirects", redirects), ("scopes", "orders:read"), ("id_token_alg", algorithm)];
            let wrong = at_fields(&mut ada, &fields).await;
            assert!(wrong.len() == 1 && wrong[0].starts_with(&format!("id_token_alg: {algorithm}: ")) && wrong[0].contains(why), "{wrong:?}");
        }
        assert_eq!(app.count("select count(*) from signing_keys").await, 1, "nothing was made for it");
        let ours = "latchkey";
        let each = |as_it_is: &dyn Fn(char) -> String| ours.chars().map(as_it_is).collect::<String>();
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).expect("a wide letter").to_string();
        let cyrillic = ours.replace('a', "\u{430}").replace('e', "\u{435}").replace('o', "\u{43e}");
        let apart = [each(&|c| format!("{c}-")), each(&|c| format!("{c}\u{301}")), each(&wide)];
        for name in [ours.to_owned(), ours.to_uppercase(), format!("The {ours} team"), cyrillic].iter().chain(&apart) {
            let fields = [("name", &**name), ("kind", "web"), ("redirects", BACK), ("scopes", "openid")];
            let refused = ada.act("register_app", &fields).await.text();
            assert_eq!(refused == r#"{"Invalid":["AppNameOurs"]}"#, name != "{name}: {refused}");
        }
        let fields = [("name", " "), ("kind", "web"), ("redirects", ""), ("scopes", "ä")];
        let wrong = ada.act("register_app", &fields).await.text();
        assert_eq!(wrong, r#"{"Invalid":["AppNameMissing","RedirectsMissing",{"Unfit":["Scopes","ä","Letters"]}]}"#);
        let fields = [("name", "Ledger"), ("kind", "web"), ("redirects", BACK), ("scopes", " ")];
        assert_eq!(ada.act("register_app", &fields).await.text(), r#"{"Invalid":["ScopesMissing"]}"#);
        for (redirects, kind) in [(BACK, "web"), ("http://127.0.0.1/cb", "native"), ("com.example.app:/cb", "native"), ("", "service")] {
            register(&app, &mut ada, kind, redirects, if kind == "service" { "orders:read" } else { "openid" }).await;
        }
    }

    async fn two_secrets_work_until_one_is_removed(app: TestApp) {
        let mut ada = app.admin().await;
        let first = register(&app, &mut ada, "service", "", "orders:read").await;
        let here = format!("/account/apps/{}", first.id);
        let is_the_only_one = "If you remove it, the application can't authenticate any more.";
        assert!(ada.open(&here).await.text().contains(is_the_only_one));
        assert_eq!(ada.act("add_app_secret", &[("id", &first.id)]).await.status, 200);
        let page = ada.open(&here).await.text();
        assert!(!page.contains(is_the_only_one), "{page}");
        let second = Program { secret: secret_on(&page), ..first.clone() };
        assert_eq!(ada.act("add_app_secret", &[("id", &first.id)]).await.text(), "\"TooManySecrets\"");
        let itself = [("grant_type", "client_credentials")];
        for program in [&first, &second] {
            assert_eq!(program.post("/oauth/token", &itself).await.status, 200);
        }
        let prefix = &first.secret.as_ref().expect("a secret")[..10];
        assert_eq!(ada.act("remove_app_secret", &[("id", &first.id), ("prefix", prefix)]).await.status, 200);
        let refused = first.post("/oauth/token", &itself).await;
        assert_eq!((refused.status, text(&refused.json(), "error")), (401, "invalid_client"));
        assert_eq!(second.post("/oauth/token", &itself).await.status, 200);
    }

    async fn no_one_is_sent_where_nothing_was_registered(app: TestApp) {
        let mut ada = app.admin().await;
        let ledger = register(&app, &mut ada, "web", &format!("{BACK}\nhttps://app.example/other?a=b"), "openid").await;
        let native = register(&app, &mut ada, "native", "http://127.0.0.1/cb\nhttp://[::1]:1/cb\ncom.example.app:/cb", "openid").await;
        let evil = [
            "https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example/cb#", "https://app.example/cb#x",
            "https://app.example/CB", "https://APP.example/cb", "https://app.example:443/cb", "https://app.example:444/cb",
            "http://app.example/cb", "https://app.example", "https://app.example/", "https://app.example//cb",
            "https://app.example/./cb", "https://app.example/x/../cb", "https://app.example/%63b", "https://app.example/cb%00",
            "https://app.example/cb%0d%0a", "https://app.example/cb ", " https://app.example/cb", "https://app.example\\cb",
            "https:/app.example/cb", "https:app.example/cb", "//app.example/cb", "/cb", "cb", "", "javascript:alert(1)",
            "data:text/html,x", "https://app.example@evil.example/cb", "https://evil.example/https://app.example/cb",
            "https://app.example.evil.example/cb", "https://evil-app.example/cb", "https://evil.example#@app.example/cb",
            "https://evil.example?https://app.example/cb", "https://app.example/cb@evil.example",
            "https://app.example/cb\u{2025}", "https://app\u{ff0e}example/cb", "https://app.example/other", "https://app.example/other?a=b&c=d",
            "https://app.example/other?a=c", "https://app.example/cb,https://evil.example", "https://app.example/cb https://evil.example",
        ];
        let evil_native = [
            "http://127.0.0.1/cb/", "http://127.0.0.1:x/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:80:80/cb", "http://127.0.0.2/cb",
            "http://localhost/cb", "http://127.1/cb", "http://[::1]/CB", "http://[::2]:1/cb", "https://127.0.0.1/cb",
            "com.example.app:/cb2", "com.example.app://cb", "com.evil.app:/cb", "com.example.app:/cb?x", "http://127.0.0.1:1/cb?x=1",
        ];
        for (program, address) in evil.iter().map(|x| (&ledger, x)).chain(evil_native.iter().map(|x| (&native, x))) {
            let query = program.query(&[("redirect_uri", address)]);
            for mut caller in [app.anonymous(), ada.copy()] {
                let answer = caller.open(&format!("/oauth/authorize?{query}")).await;
                assert_eq!((answer.status, answer.header("location")), (400, ""), "{address}");
                let why = if address.is_empty() { "redirect_uri is missing" } else { "an address it hasn&#x27;t registered" };
                let words = answer.text().replace("'", "&#x27;").replace("&#39;", "&#x27;");
                assert!(answer.header("refresh").is_empty() && words.contains(why), "{address}: {words}");
            }
        }
        for back in ["http://127.0.0.1:40123/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb", "http://[::1]:7000/cb", "com.example.app:/cb"] {
            let query = native.query(&[("redirect_uri", back)]);
            assert_eq!(ada.open(&format!("/oauth/authorize?{query}")).await.status, 200, "{back}");
        }
        let service = register(&app, &mut ada, "service", "", "orders:read").await;
        let usual = ledger.query(&[]);
        let disabled = register(&app, &mut ada, "web", BACK, "openid").await;
        assert_eq!(ada.act("disable_app", &[("id", &disabled.id)]).await.status, 200);
        for (query, why) in [
            (ledger.query(&[("client_id", "-")]), "client_id is missing"),
            (ledger.query(&[("client_id", "no one")]), "t registered."),
            (ledger.query(&[("client_id", "http://app.example/client.json")]), "an address without https"),
            (service.query(&[("redirect_uri", BACK)]), "t log users in"),
            (disabled.query(&[]), "is disabled"),
            (format!("{usual}&redirect_uri=x"), "redirect_uri comes twice"),
            (format!("{usual}&redirect_uri={BACK}"), "redirect_uri comes twice"),
            (format!("{usual}&client_id={}", ledger.id), "client_id comes twice"),
            (format!("{usual}&scope=x&scope=y&redirect_uri={BACK}"), "redirect_uri is missing"),
        ] {
            let page = ada.open(&format!("/oauth/authorize?{query}")).await;
            assert!(page.status == 400 && page.text().contains(why), "{query}: {}", page.text());
        }
    }

    async fn a_form_of_another_site_is_led_to_the_same_request_by_address(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let query = ledger.query(&[]);
        let by_form = async |path: &str, kind: &str, body: &str| {
            let request = Request::builder().method(Method::POST).uri(path).header(header::HOST, HOST).header(header::CONTENT_TYPE, kind);
            let request = request.header("sec-fetch-site", "cross-site").header(header::ORIGIN, "https://app.example").header(header::ACCEPT, "text/html");
            app.anonymous().send(request.body(Body::from(body.to_owned())).expect("a request")).await
        };
        let form = "application/x-www-form-urlencoded";
        let led = by_form("/oauth/authorize", form, &query).await;
        assert_eq!((led.status, led.header("location")), (303, &*format!("/oauth/authorize?{query}")));
        assert!(bob.open(led.header("location")).await.text().contains("Allow Ledger access"));
        let led = by_form("/oauth/authorize?state=x", form, &query).await;
        let twice = told(&bob.open(led.header("location")).await);
        assert_eq!(value(&twice, "error_description"), "state comes twice", "in the address and in the form");
        let led = by_form("/oauth/logout", form, &encoded(&[("client_id", &ledger.id), ("state", "a b\r\n&")])).await;
        assert_eq!((led.status, led.header("location")), (303, &*format!("/oauth/logout?client_id={}&state=a+b%0D%0A%26", ledger.id)));
        assert!(bob.open(led.header("location")).await.text().contains("asks to log you out"));
        assert_eq!(bob.open("/dashboard").await.status, 200, "he is asked first");
        for (kind, body, why) in [
            (form, format!("{query}&x={}", "x".repeat(8 * 1024)), "The request is too large"),
            (form, format!("{query}&x={}", "x".repeat(17 * 1024)), "The request is too large"),
            (form, format!("{query}&x={}", "ä".repeat(3 * 1024)), "The request is too large"),
            ("application/json", "{}".to_owned(), "Send application/x-www-form-urlencoded"),
        ] {
            let answer = by_form("/oauth/authorize", kind, &body).await;
            assert!(answer.status == 400 && answer.text().contains(why), "{kind}: {}", answer.text());
        }
        let torn = Body::from_stream(stream::iter([Err::<Vec<u8>, _>(io::Error::other("a chunk that is none"))]));
        let request = Request::builder().method(Method::POST).uri("/oauth/token").header(header::HOST, HOST).header(header::CONTENT_TYPE, form);
        let answer = app.anonymous().send(request.body(torn).expect("a request")).await;
        assert_eq!((answer.status, text(&answer.json(), "error_description")), (400, "The body of the request can't be read"));
    }

    async fn a_request_that_is_too_large_is_refused_as_any_other_of_a_program(app: TestApp) {
        for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_authorization"] {
            for bytes in [17 * 1024, 200 * 1024] {
                let length = bytes.to_string();
                let answer = post(&app.anonymous(), path, &"x".repeat(bytes), &[("content-length", &*length)]).await;
                assert_eq!((answer.status, answer.header("content-type")), (400, "application/json"), "{path} {bytes}");
                let (error, why) = ("invalid_request", "The request is too large");
                assert_eq!(answer.json(), json!({ "error": error, "error_description": why }), "{path} {bytes}");
            }
        }
        let headers = [("content-length", "204800"), ("accept", "text/html")];
        let page = post(&app.anonymous(), "/oauth/authorize", &"x".repeat(200 * 1024), &headers).await;
        assert_eq!((page.status, page.header("content-type")), (413, "text/html; charset=utf-8"));
    }

    async fn an_id_token_as_a_hint_lets_no_other_user_in(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let other = register(&app, &mut ada, "web", BACK, "openid").await;
        ledger.tokens(&mut ada, "openid").await;
        let tokens = ledger.tokens(&mut bob, "openid").await;
        let (of_bob, access) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
        // It may have expired.
        app.clock.advance_ms(6 * MINUTE);
        let at = |program: &Program, hint: &str, prompt: &str| {
            format!("/oauth/authorize?{}", program.query(&[("scope", "openid"), ("id_token_hint", hint), ("prompt", prompt)]))
        };
        for prompt in ["none", ""] {
            assert!(!value(&told(&bob.open(&at(&ledger, of_bob, prompt)).await), "code").is_empty(), "it is he");
        }
        assert_eq!(value(&told(&ada.open(&at(&ledger, of_bob, "none")).await), "error"), "login_required");
        for prompt in ["", "consent"] {
            let page = ada.open(&at(&ledger, of_bob, prompt)).await;
            let words = page.text();
            assert!(page.status == 200 && words.contains("expects another account than ada@example.com"), "{words}");
            assert!(!words.contains("bob@example.com"), "whose it is not said");
        }
        let before = app.count("select count(*) from grants").await;
        let fields = [("request", &*ledger.query(&[("id_token_hint", of_bob)])), ("user", &ada.user_id().await), ("decision", "allow")];
        assert_eq!(ada.act("allow_app", &fields).await.status, 400);
        assert_eq!(app.count("select count(*) from grants").await, before);
        for (program, hint) in [(&ledger, "x"), (&ledger, access), (&other, of_bob)] {
            let answer = bob.open(&at(program, hint, "")).await;
            assert_eq!(value(&told(&answer), "error"), "invalid_request", "{hint}");
        }
    }

    async fn a_hint_whose_key_is_no_longer_published_is_as_if_none_had_come(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let bye = "https://app.example/bye";
        let fields = [("kind", "web"), ("redirects", BACK), ("logouts", bye), ("scopes", "openid")];
        let ledger = register_with(&app, &mut ada, &fields).await;
        ledger.tokens(&mut ada, "openid").await;
        let tokens = ledger.tokens(&mut bob, "openid").await;
        let of_bob = text(&tokens, "id_token");
        let (unsigned, _) = of_bob.rsplit_once('.').expect("a signature");
        let at = |hint: &str| {
            format!("/oauth/authorize?{}", ledger.query(&[("scope", "openid"), ("id_token_hint", hint), ("prompt", "none")]))
        };
        assert_eq!(value(&told(&ada.open(&at(of_bob)).await), "error"), "login_required");
        assert_eq!(value(&told(&ada.open(&at(&format!("{unsigned}.AAAA"))).await), "error"), "invalid_request");
        let kid = keys::header(of_bob)["kid"].as_str().expect("a kid").to_owned();
        assert_eq!(ada.act("kill_key", &[("kid", &kid), ("reason", "it leaked")]).await.status, 200);
        assert!(!value(&told(&ada.open(&at(of_bob)).await), "code").is_empty(), "a key that was revoked");
        let key = Key::make(TokenAlgorithm::Es256).expect("a key");
        for (iss, aud, goes_on) in [(ISSUER, &*ledger.id, true), ("https://other.example", &ledger.id, false), (ISSUER, "another", false)] {
            let says = json!({ "iss": iss, "aud": aud, "sub": app.user("bob").await.id, "exp": app.clock.now_ms() / 1000 });
            let hint = sign_as(ID_TOKEN, &key, &says).expect("a token");
            let told = told(&ada.open(&at(&hint)).await);
            let (code, error) = (value(&told, "code"), value(&told, "error"));
            assert_eq!((!code.is_empty(), error), (goes_on, if goes_on { "" } else { "invalid_request" }), "{iss} {aud}");
        }
        for (client_id, back) in [(&*ledger.id, bye), ("", "/login")] {
            let fields = [("id_token_hint", of_bob), ("client_id", client_id), ("post_logout_redirect_uri", bye)];
            let answer = app.anonymous().open(&format!("/oauth/logout?{}", encoded(&fields))).await;
            assert_eq!(answer.header("location"), back, "as without it: {client_id}");
        }
    }

    async fn who_is_logged_in_with_another_account_comes_back_with_the_right_one(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let tokens = ledger.tokens(&mut bob, "openid").await;
        let mut at_home = app.logged_in_again("ada").await;
        let here = format!("/oauth/authorize?{}", ledger.query(&[("scope", "openid"), ("id_token_hint", text(&tokens, "id_token"))]));
        let page = ada.open(&here).await.text();
        let next = hidden(&page, "next").expect("the way back").replace("&amp;", "&");
        assert_eq!(next, here);
        for evil in ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/actions/log_out", ""] {
            let answer = app.logged_in_again("ada").await.submit("log_out", &[("next", evil)], &here).await;
            assert_eq!((answer.status, answer.header("location")), (303, "/"), "{evil}");
        }
        let left = ada.submit("log_out", &[("next", &next)], &here).await;
        assert_eq!(left.status, 303, "{}", left.text());
        let login = ada.open(left.header("location")).await.text();
        assert_eq!(hidden(&login, "next").expect("the way back").replace("&amp;", "&"), here);
        let fields = [("email", "bob@example.com"), ("password", PASSWORD), ("next", &*next)];
        let entered = ada.submit("log_in", &fields, "/login").await;
        assert_eq!((entered.status, entered.header("location")), (303, &*here));
        assert!(!value(&told(&ada.open(&here).await), "code").is_empty(), "he has agreed before");
        assert_eq!(at_home.open("/dashboard").await.status, 200, "another browser stays logged in");
    }

    async fn whose_account_it_is_not_logs_out_and_comes_back_to_the_request(app: TestApp) {
        let (mut ada, mut someone) = (app.admin().await, app.logged_in("bob").await);
        app.logged_in("eve").await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let here = format!("/oauth/authorize?{}", ledger.query(&[("scope", "openid")]));
        let page = someone.open(&here).await.text();
        let next = hidden(&page, "next").expect("the way back").replace("&amp;", "&");
        assert!(page.contains("Not your account?") && next == here, "{page}");
        let left = someone.submit("log_out", &[("next", &next)], &here).await;
        assert_eq!((left.status, someone.open("/dashboard").await.status), (303, 303));
        let login = someone.open(left.header("location")).await.text();
        assert_eq!(hidden(&login, "next").expect("the way back").replace("&amp;", "&"), here);
        let entered = someone.submit("log_in", &[("email", "eve@example.com"), ("password", PASSWORD), ("next", &next)], "/login").await;
        assert_eq!((entered.status, entered.header("location")), (303, &*here));
        let page = someone.open(&here).await.text();
        assert!(page.contains("access to your account, eve@example.com"), "{page}");
        let answer = agree(&mut someone, &page, "allow").await;
        assert!(answer.iter().any(|(name, _)| name == "code"), "{answer:?}");
    }

    async fn what_is_wrong_is_told_with_state_and_issuer(app: TestApp) {
        let mut ada = app.admin().await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid notes:read").await;
        for (more, error) in [
            (&[("response_type", "-")][..], "invalid_request"),
            (&[("response_type", "token")], "unsupported_response_type"),
            (&[("response_type", "code token")], "unsupported_response_type"),
            (&[("code_challenge", "-")], "invalid_request"),
            (&[("code_challenge_method", "-")], "invalid_request"),
            (&[("code_challenge_method", "plain")], "invalid_request"),
            (&[("code_challenge", "short")], "invalid_request"),
            (&[("scope", "openid notes:write")], "invalid_scope"),
            (&[("scope", "ä")], "invalid_scope"),
            (&[("response_mode", "fragment")], "invalid_request"),
            (&[("request", "x")], "request_not_supported"),
            (&[("request_uri", "https://app.example/x")], "request_uri_not_supported"),
            (&[("resource", "http://api.example")], "invalid_target"),
            (&[("resource", "https://api.example/#x")], "invalid_target"),
            (&[("resource", "http://localhost:3000/api")], "invalid_target"),
            (&[("resource", "http://localhost:3000/")], "invalid_target"),
            (&[("prompt", "none login")], "invalid_request"),
            (&[("prompt", "login create")], "invalid_request"),
            (&[("max_age", "abc")], "invalid_request"),
            (&[("max_age", "-1")], "invalid_request"),
            (&[("id_token_hint", "x")], "invalid_request"),
            (&[("nonce", &*"x".repeat(501))], "invalid_request"),
        ] {
            let answer = app.anonymous().open(&format!("/oauth/authorize?{}", ledger.query(more))).await;
            let told = told(&answer);
            assert_eq!(value(&told, "error"), error, "{more:?}");
            assert_eq!((value(&told, "state"), value(&told, "iss")), ("a state", ISSUER), "{more:?}");
            assert!(answer.header("location").starts_with(BACK));
        }
        for long in ["x".repeat(1_001), "\"".repeat(900)] {
            let answer = app.anonymous().open(&format!("/oauth/authorize?{}", ledger.query(&[("state", &long)]))).await;
            assert_eq!(value(&told(&answer), "error"), "invalid_request", "the answer to it would be lost: {long}");
        }
    }

    async fn what_comes_twice_is_told_to_the_application_and_to_programs(app: TestApp) {
        let mut ada = app.admin().await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let usual = ledger.query(&[("scope", "openid")]);
        let apis = "resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F";
        for (more, error, state) in [
            ("scope=openid", "invalid_request", "a state"),
            ("response_type=code", "invalid_request", "a state"),
            ("response_mode=form_post&response_mode=query", "invalid_request", "a state"),
            ("call+us=1&call+us=2", "invalid_request", "a state"),
            ("state=x", "invalid_request", ""),
            (apis, "invalid_target", "a state"),
        ] {
            let answer = app.anonymous().open(&format!("/oauth/authorize?{usual}&{more}")).await;
            let told = told(&answer);
            assert!(answer.header("location").starts_with(&format!("{BACK}?error=")), "{more}: {}", answer.header("location"));
            assert_eq!((value(&told, "error"), value(&told, "state"), value(&told, "iss")), (error, state, ISSUER), "{more}");
            assert!(!value(&told, "error_description").contains("call us"), "nothing of theirs is repeated");
        }
        let itself = format!("client_id={}&client_secret={}", ledger.id, ledger.secret.as_deref().expect("a secret"));
        for (path, more, error) in [
            ("/oauth/token", &*format!("grant_type=authorization_code&code=x&{apis}"), "invalid_target"),
            ("/oauth/token", "grant_type=authorization_code&code=x&code=y", "invalid_request"),
            ("/oauth/introspect", "token=x&token=y", "invalid_request"),
            ("/oauth/revoke", "token=x&token=y", "invalid_request"),
            ("/oauth/device_authorization", apis, "invalid_target"),
        ] {
            let answer = post(&ada, path, &format!("{itself}&{more}"), &[]).await;
            assert_eq!((answer.status, text(&answer.json(), "error")), (400, error), "{path} {more}");
        }
    }

    async fn of_two_answers_each_page_goes_on_with_its_own(app: TestApp) {
        let mut ada = app.admin().await;
        let mut led = Vec::new();
        for back in [BACK, "https://other.example/cb"] {
            let web = register(&app, &mut ada, "web", back, "openid").await;
            let (request, user) = (web.query(&[]), ada.user_id().await);
            let answer = ada.act("allow_app", &[("request", &request), ("user", &user), ("decision", "allow")]).await;
            led.push(answer.header("location").to_owned());
        }
        // The first tab comes with the cookie of the second.
        let first = ada.open(&led[0]).await;
        assert_eq!((first.status, first.header("refresh")), (404, ""), "{}", first.text());
        let second = ada.open(&led[1]).await;
        assert!(second.header("refresh").starts_with("0; url=https://other.example/cb?code="), "{}", second.text());
    }

    async fn a_state_of_json_comes_back_whole(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let state = r#"{"k":"v","t":"u"},"#.repeat(25);
        let page = bob.open(&format!("/oauth/authorize?{}", ledger.query(&[("state", &state)]))).await.text();
        assert_eq!(value(&agree(&mut bob, &page, "allow").await, "state"), state);
    }

    async fn an_installed_app_is_told_in_the_address_that_no_form_leads_there(app: TestApp) {
        let mut ada = app.admin().await;
        for back in ["com.example.app:/cb", "http.example.app:/cb"] {
            let phone = register(&app, &mut ada, "native", back, "openid").await;
            let query = phone.query(&[("response_mode", "form_post")]);
            let answer = app.anonymous().open(&format!("/oauth/authorize?{query}")).await;
            assert!(answer.header("location").starts_with(&format!("{back}?error=invalid_request&")), "{}", answer.text());
        }
    }

    async fn who_only_asks_what_would_be_said_gets_no_code(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        ledger.tokens(&mut bob, "openid").await;
        let head = bob.request(Method::HEAD, &format!("/oauth/authorize?{}", ledger.query(&[])));
        bob.send(head.body(Body::empty()).expect("a request")).await;
        assert_eq!(app.count("select count(*) from grants").await, 1);
    }

    async fn the_user_logs_in_is_asked_and_goes_back(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("bob").await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid email notes:read").await;
        let here = format!("/oauth/authorize?{}", ledger.query(&[("scope", "openid email notes:read")]));
        let mut bob = app.anonymous();
        let login = bob.open(&here).await;
        assert_eq!(login.status, 303);
        let page = bob.open(login.header("location")).await.text();
        let next = hidden(&page, "next").expect("the way back").replace("&amp;", "&");
        assert_eq!(next, here);
        let answer = bob.submit("log_in", &[("email", "bob@example.com"), ("password", PASSWORD), ("next", &next)], "/login").await;
        assert_eq!((answer.status, answer.header("location")), (303, &*here));
        let page = bob.open(&here).await;
        let words = page.text();
        for word in ["Allow Ledger access", "Read your notes", "See your email address", "bob@example.com", "app.example", "Ada"] {
            assert!(words.contains(word), "{word}: {words}");
        }
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "no clickjacking");
        let refused = agree(&mut bob, &words, "refuse").await;
        assert_eq!((value(&refused, "error"), value(&refused, "state"), value(&refused, "code")), ("access_denied", "a state", ""));
        assert_eq!(app.count("select count(*) from grants").await, 0);
        let words = bob.open(&here).await.text();
        let answer = agree(&mut bob, &words, "allow").await;
        assert_eq!((value(&answer, "state"), value(&answer, "iss")), ("a state", ISSUER));
        assert_eq!(ledger.redeem(value(&answer, "code")).await.status, 200);
        let log = bob.open("/account/activity").await.text();
        assert!(log.contains("You allowed Ledger access to your account."), "{log}");
    }

    async fn no_one_agrees_for_someone_else(app: TestApp) {
        let mut ada = app.admin().await;
        let mut bob = app.logged_in("bob").await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        let page = ada.open(&format!("/oauth/authorize?{}", ledger.query(&[]))).await.text();
        let (request, user) = (hidden(&page, "request").expect("it").replace("&amp;", "&"), hidden(&page, "user").expect("it"));
        let fields = [("request", &*request), ("user", &*user), ("decision", "allow")];
        assert_eq!(bob.act("allow_app", &fields).await.status, 400, "the page was made for someone else");
        assert_eq!(app.anonymous().act("allow_app", &fields).await.status, 401);
        let evil = ledger.query(&[("redirect_uri", "https://evil.example/")]);
        assert_eq!(ada.act("allow_app", &[("request", &evil), ("user", &user), ("decision", "allow")]).await.status, 400);
        let wide = ledger.query(&[("scope", "openid notes:write")]);
        let led = ada.act("allow_app", &[("request", &wide), ("user", &user), ("decision", "allow")]).await;
        assert!(ada.open(led.header("location")).await.header("refresh").contains("error=invalid_scope"), "no more than was registered");
        assert_eq!(app.count("select count(*) from grants").await, 0);
    }

    async fn a_web_server_asks_once_and_whoever_keeps_no_secret_each_time(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid notes:read").await;
        web.tokens(&mut ada, "openid").await;
        let answer = ada.open(&format!("/oauth/authorize?{}", web.query(&[("scope", "openid")]))).await;
        assert!(!value(&told(&answer), "code").is_empty(), "no page in between");
        for more in [&[("scope", "openid notes:read")][..], &[("scope", "openid"), ("prompt", "consent")], &[("scope", "openid"), ("resource", "https://api.example/")]] {
            assert_eq!(ada.open(&format!("/oauth/authorize?{}", web.query(more))).await.status, 200, "{more:?} is more");
        }
        // A logout leaves it so. What ends everything of a user takes it back, and so does the user.
        let asks = async |user: &mut Caller| {
            let answer = user.open(&format!("/oauth/authorize?{}", web.query(&[("scope", "openid")]))).await;
            answer.status == 200 && answer.text().contains("Allow Ledger access")
        };
        let (mut bob, id) = (app.logged_in("bob").await, app.user("bob").await.id);
        for way in ["disconnect", "force logout", "log out others"] {
            web.tokens(&mut bob, "openid").await;
            bob.act("log_out", &[]).await;
            bob = app.logged_in_again("bob").await;
            assert!(!asks(&mut bob).await, "{way}: not again because of a logout");
            bob.act("log_out", &[]).await;
            bob = app.logged_in_again("bob").await;
            let page = bob.open("/account/connected").await.text();
            assert!(page.contains("Ledger") && page.contains("You’re logged out there") | page.contains("You're logged out there"), "{page}");
            let taken_back = match way {
                "disconnect" => bob.act("disconnect_app", &[("id", &web.id)]).await,
                "force logout" => ada.act("force_logout", &[("user", &id), ("reason", "a test")]).await,
                _ => bob.act("end_other_sessions", &[]).await,
            };
            assert_eq!(taken_back.status, 200, "{way}: {}", taken_back.text());
            if way == "force logout" {
                bob = app.logged_in_again("bob").await;
            }
            assert!(asks(&mut bob).await, "{way} takes it back");
        }
        let native = register(&app, &mut ada, "native", "http://127.0.0.1/cb", "openid").await;
        native.tokens(&mut ada, "openid").await;
        assert_eq!(ada.open(&format!("/oauth/authorize?{}", native.query(&[]))).await.status, 200);
    }

    async fn prompt_and_max_age_ask_for_what_they_say(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let at = |more: Pairs<'_>| format!("/oauth/authorize?{}", web.query(more));
        let none = [("prompt", "none")];
        assert_eq!(value(&told(&app.anonymous().open(&at(&none)).await), "error"), "login_required");
        assert_eq!(value(&told(&ada.open(&at(&none)).await), "error"), "consent_required");
        web.tokens(&mut ada, "openid").await;
        assert!(!value(&told(&ada.open(&at(&[("prompt", "none"), ("scope", "openid")])).await), "code").is_empty());
        app.clock.advance_ms(5 * MINUTE);
        let old = [("prompt", "none"), ("max_age", "60"), ("scope", "openid")];
        assert_eq!(value(&told(&ada.open(&at(&old)).await), "error"), "login_required");
        for more in [[("max_age", "60"), ("scope", "openid")], [("max_age", "0"), ("scope", "openid")], [("prompt", "login"), ("scope", "openid")]] {
            let mut page = ada.open(&at(&more)).await;
            let mut here = at(&more);
            if page.header("location").starts_with("/oauth/authorize") {
                here = page.header("location").to_owned();
                page = ada.open(&here).await;
            }
            assert!(page.header("location").starts_with("/confirm?next="), "{more:?}: {}", page.header("location"));
            let asks = ada.open(page.header("location")).await;
            assert!(asks.status == 200 && asks.text().contains("Confirm your password"), "fresh enough for us alone: {more:?}");
            app.clock.advance_ms(1);
            assert_eq!(ada.act("confirm", &[("password", PASSWORD)]).await.status, 200);
            assert!(!value(&told(&ada.open(&here).await), "code").is_empty(), "{more:?}");
            app.clock.advance_ms(5 * MINUTE);
        }
    }

    async fn max_age_zero_asks_also_who_has_logged_in_within_the_same_second(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        web.tokens(&mut ada, "openid").await;
        let mut ada = app.logged_in_again("ada").await;
        app.clock.advance_ms(1);
        let at = |more: Pairs<'_>| format!("/oauth/authorize?{}", web.query(&[&[("scope", "openid")], more].concat()));
        let silent = [("max_age", "0"), ("prompt", "none")];
        assert_eq!(value(&told(&ada.open(&at(&silent)).await), "error"), "login_required");
        assert!(!value(&told(&ada.open(&at(&[("max_age", "1")])).await), "code").is_empty(), "a second is a second");
        for zero in ["0", "00", "+0"] {
            let led = ada.open(&at(&[("max_age", zero)])).await;
            let here = led.header("location").to_owned();
            assert!(here.starts_with("/oauth/authorize?"), "{here}");
            assert!(ada.open(&here).await.header("location").starts_with("/confirm?next="));
            app.clock.advance_ms(1);
            assert_eq!(ada.act("confirm", &[("password", PASSWORD)]).await.status, 200);
            app.clock.advance_ms(999);
            assert!(!value(&told(&ada.open(&here).await), "code").is_empty(), "asked once, and not again for the time it takes");
        }
    }

    async fn a_code_works_once_for_whom_it_was_made(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let other = register(&app, &mut ada, "web", BACK, "openid").await;
        let code = web.code(&mut ada, &[("prompt", "consent")]).await;
        let stolen = other.redeem(&code).await;
        assert_eq!((stolen.status, text(&stolen.json(), "error")), (400, "invalid_grant"));
        assert_eq!(web.redeem(&code).await.status, 400, "it came to the wrong hands");
        let usual = [("grant_type", "authorization_code"), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
        for (name, wrong) in [("redirect_uri", "https://app.example/other"), ("redirect_uri", ""), ("code_verifier", "wrong"), ("code_verifier", "")] {
            let code = web.code(&mut ada, &[("prompt", "consent")]).await;
            let fields: Vec<_> = usual.iter().map(|(known, value)| (*known, if *known == name { wrong } else { *value })).collect();
            let answer = web.post("/oauth/token", &[&fields[..], &[("code", &code)]].concat()).await;
            let error = if wrong.is_empty() { "invalid_request" } else { "invalid_grant" };
            assert_eq!((answer.status, text(&answer.json(), "error")), (400, error), "{name}={wrong}");
        }
        for (grant_type, missing) in [("authorization_code", "code"), ("refresh_token", "refresh_token"), ("", "grant_type")] {
            let answer = web.post("/oauth/token", &[("grant_type", grant_type)]).await.json();
            assert_eq!((text(&answer, "error"), text(&answer, "error_description")), ("invalid_request", &*format!("{missing} is missing")));
        }
        let code = web.code(&mut ada, &[("prompt", "consent")]).await;
        app.clock.advance_ms(MINUTE);
        assert_eq!(web.redeem(&code).await.status, 400, "a minute is over");
        let code = web.code(&mut ada, &[("prompt", "consent")]).await;
        let token = web.redeem(&code).await.json();
        assert_eq!(ada.open(&format!("/oauth/authorize?{}", web.query(&[("prompt", "none"), ("scope", "openid")]))).await.status, 303);
        assert_eq!(web.redeem(&code).await.status, 400, "twice");
        let after = web.post("/oauth/introspect", &[("token", text(&token, "access_token"))]).await.json();
        assert_eq!(after["active"], false, "what the first use brought has ended");
        let stored: Vec<(String,)> = sqlx::query_as("select hash from authorization_codes").fetch_all(&app.services.state.db.pool).await.expect("codes");
        assert!(stored.iter().all(|(hash,)| *hash != code));
    }

    async fn an_answer_by_form_stands_in_no_address(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let query = web.query(&[("response_mode", "form_post")]);
        let page = ada.open(&format!("/oauth/authorize?{query}")).await.text();
        let (request, user) = (hidden(&page, "request").expect("it").replace("&amp;", "&"), hidden(&page, "user").expect("it"));
        let led = ada.act("allow_app", &[("request", &request), ("user", &user), ("decision", "allow")]).await;
        let page = ada.open(led.header("location")).await;
        let words = page.text();
        assert!(page.header("refresh").is_empty() && words.contains(&format!("action=\"{BACK}\"")), "{words}");
        assert!(page.header("content-security-policy").contains("form-action https://app.example;"), "{}", page.header("content-security-policy"));
        assert_eq!(hidden(&words, "iss").as_deref(), Some(ISSUER));
        assert_eq!(web.redeem(&hidden(&words, "code").expect("a code")).await.status, 200);
        assert_eq!(ada.open(led.header("location")).await.status, 404, "shown once");
    }

    async fn an_application_logs_its_user_out_who_is_asked(app: TestApp) {
        let mut ada = app.admin().await;
        let fields = [("name", "Ledger"), ("kind", "web"), ("redirects", BACK), ("logouts", "https://app.example/bye"), ("scopes", "openid")];
        let id = ada.act("register_app", &fields).await.header("location").rsplit('/').next().expect("an id").to_owned();
        let request = |back: &str| encoded(&[("client_id", &id), ("post_logout_redirect_uri", back), ("state", "s")]);
        let mut bob = app.logged_in("bob").await;
        let page = bob.open(&format!("/oauth/logout?{}", request("https://app.example/bye"))).await;
        let words = page.text();
        assert!(page.status == 200 && words.contains("Ledger asks to log you out here, too."), "he is asked: {words}");
        assert!(words.contains("bob@example.com"), "{words}");
        let unknown = bob.open("/oauth/logout?client_id=none").await.text();
        assert!(unknown.contains("An application asks to log you out"), "{unknown}");
        assert_eq!(bob.open("/dashboard").await.status, 200, "reading changes nothing");
        let answer = bob.act("log_out_for_app", &[("request", &request("https://app.example/bye"))]).await;
        assert_eq!(bob.open(answer.header("location")).await.header("refresh"), "0; url=https://app.example/bye?state=s");
        assert_eq!(bob.open("/dashboard").await.status, 303);
        for evil in [BACK, "https://evil.example/", "https://app.example/bye/", ""] {
            let mut bob = app.logged_in_again("bob").await;
            let answer = bob.act("log_out_for_app", &[("request", &request(evil))]).await;
            assert_eq!((answer.status, answer.header("location")), (200, "/"), "{evil}");
            assert_eq!(bob.open(&format!("/oauth/logout?{}", request(evil))).await.header("location"), "/login");
        }
    }

    async fn an_id_token_says_which_application_logs_its_user_out(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let fields = [("name", "Ledger"), ("kind", "web"), ("redirects", BACK), ("logouts", "https://app.example/bye"), ("scopes", "openid")];
        let answer = ada.act("register_app", &fields).await;
        let address = answer.header("location").to_owned();
        let secret = secret_on(&ada.open(&address).await.text());
        let id = address.rsplit('/').next().expect("an id").to_owned();
        let ledger = Program { id, secret, back: BACK.into(), anyone: app.anonymous() };
        let tokens = ledger.tokens(&mut bob, "openid").await;
        let (hint, access) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
        // Whoever logs out after hours has an ID token of hours ago.
        app.clock.advance_ms(10 * MINUTE);
        let changed = format!("{}A", &hint[..hint.len() - 1]);
        let changed = if changed == hint { format!("{}Q", &hint[..hint.len() - 1]) } else { changed };
        for (hint, client_id, back) in [
            (hint, "", "https://app.example/bye"),
            (hint, &*ledger.id, "https://app.example/bye"),
            (hint, "another", "/login"),
            (access, "", "/login"),
            (&*changed, "", "/login"),
            ("", "", "/login"),
        ] {
            let fields = [("id_token_hint", hint), ("client_id", client_id), ("post_logout_redirect_uri", "https://app.example/bye")];
            let address = format!("/oauth/logout?{}", encoded(&fields));
            assert_eq!(app.anonymous().open(&address).await.header("location"), back, "{client_id} {hint}");
            // The form of who is logged in leads to the same place.
            let mut bob = app.logged_in_again("bob").await;
            let request = hidden(&bob.open(&address).await.text(), "request").expect("a form").replace("&amp;", "&");
            let led = bob.act("log_out_for_app", &[("request", &request)]).await;
            let page = bob.open(led.header("location")).await;
            assert_eq!(page.header("refresh").strip_prefix("0; url=").unwrap_or("/login"), back, "{client_id} {hint}");
        }
    }

    async fn the_ways_of_showing_a_secret(app: TestApp) {
        let mut ada = app.admin().await;
        let program = register(&app, &mut ada, "service", "", "orders:read").await;
        let secret = program.secret.clone().expect("a secret");
        let basic = |user: &str, secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{secret}")));
        let itself = "grant_type=client_credentials";
        let good = post(&ada, "/oauth/token", itself, &[("authorization", &basic(&program.id, &secret))]).await;
        assert_eq!((good.status, good.header("cache-control")), (200, "no-store"), "{}", good.text());
        let both = format!("{itself}&client_id={}&client_secret={secret}", program.id);
        for (body, authorization, status, error) in [
            (itself.to_owned(), basic(&program.id, "wrong"), 401, "invalid_client"),
            (itself.to_owned(), basic("no one", &secret), 401, "invalid_client"),
            (itself.to_owned(), "Basic !".to_owned(), 401, "invalid_client"),
            (both, basic(&program.id, &secret), 400, "invalid_request"),
            (format!("{itself}&client_id={}", program.id), String::new(), 401, "invalid_client"),
            (itself.to_owned(), String::new(), 400, "invalid_request"),
            (format!("{itself}&{itself}"), basic(&program.id, &secret), 400, "invalid_request"),
            ("grant_type=password&username=ada&password=x".to_owned(), basic(&program.id, &secret), 400, "unsupported_grant_type"),
            ("grant_type=client_credentials&scope=orders%3Awrite".to_owned(), basic(&program.id, &secret), 400, "invalid_scope"),
        ] {
            let headers = [("authorization", &*authorization)];
            let answer = post(&ada, "/oauth/token", &body, if authorization.is_empty() { &[] } else { &headers }).await;
            assert_eq!((answer.status, text(&answer.json(), "error")), (status, error), "{body} {authorization}");
            let challenge = if status == 401 { "Basic realm=\"latchkey\"" } else { "" };
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
    }

    async fn who_guesses_waits_and_who_knows_does_not(app: TestApp) {
        let mut ada = app.admin().await;
        let program = register(&app, &mut ada, "service", "", "orders:read").await;
        let itself = [("grant_type", "client_credentials")];
        let guess = Program { secret: Some("lks_guessed".into()), ..program.clone() };
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(guess.post("/oauth/token", &itself).await.status);
        }
        assert_eq!((statuses[0], statuses[31]), (401, 429), "{statuses:?}");
        assert_eq!(program.post("/oauth/token", &itself).await.status, 200);
        for _ in 0..32 {
            let dead = program.post("/oauth/introspect", &[("token", "whatever a caller sent")]).await;
            assert_eq!((dead.status, dead.text().as_str()), (200, r#"{"active":false}"#), "an API asks about what it is sent");
        }
    }
}
