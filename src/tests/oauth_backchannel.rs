//! Applications are told that their user is logged out: by whatever ends a login, once, and until they answer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use axum::{
    Form, Router,
    http::{Method, StatusCode},
    routing::post,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};

use super::{
    app::{HANG, PASSWORD, TestApp},
    caller::Caller,
    oauth::{BACK, ISSUER, Program, encoded, register_with, text},
    on_both_databases,
    second_factor::{enter, expect_code_page},
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::EndReason,
        sessions::{everyone::sweep::sweep, store::Target},
    },
    base::{
        fetch::{Fetch, PATIENCE, Reach},
        finding::State,
        state::Stopwatch,
    },
    oauth::{notices::Teller, part::OauthPart, settings::OauthSettings},
    pages::part::Part,
    serve::services::Services,
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The server of an application.
#[derive(Clone)]
struct Receiver {
    address: String,
    /// What it answers; zero: nothing, ever.
    status: Arc<AtomicU16>,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/logout", listener.local_addr().expect("an address"));
        let this = Self { address, status: Arc::new(AtomicU16::new(200)), tokens: Arc::default() };
        let own = this.clone();
        let take = post(move |Form(fields): Form<Vec<(String, String)>>| {
            let own = own.clone();
            async move {
                let [(name, token)] = &*fields else { panic!("{fields:?}") };
                assert_eq!(name, "logout_token");
                own.tokens.lock().expect("the tokens").push(token.clone());
                match own.status.load(Ordering::SeqCst) {
                    0 => std::future::pending().await,
                    302 => (StatusCode::FOUND, [("location", own.address.replace("/logout", "/elsewhere"))]),
                    status => (StatusCode::from_u16(status).expect("a status"), [("location", String::new())]),
                }
            }
        });
        let router = Router::new().route("/logout", take.clone()).route("/elsewhere", take);
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn count(&self) -> usize {
        self.tokens.lock().expect("the tokens").len()
    }

    /// What came since the last look.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.tokens.lock().expect("the tokens"))
    }
}

fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn teller(services: &Services) -> Teller {
    let Services { app, keys, metrics, .. } = services.clone();
    Teller::new(app, keys, metrics, &OauthSettings::default())
}

/// Sends what is due; how many there were.
async fn tell(app: &TestApp) -> usize {
    let teller = teller(&app.services);
    let due = teller.claim(100).await.expect("the notices");
    let count = due.len();
    for row in due {
        teller.tell(row).await;
    }
    count
}

async fn waiting(app: &TestApp) -> i64 {
    app.count("select count(*) from logout_notices").await
}

/// An application of Ada's that is told at the receiver.
async fn told_at(app: &TestApp, ada: &mut Caller, receiver: &Receiver) -> Program {
    let scopes = "openid account:read offline_access";
    let fields = [
        ("kind", "web"),
        ("redirects", BACK),
        ("logouts", "https://app.example/bye"),
        ("scopes", scopes),
        ("backchannel", &receiver.address),
    ];
    register_with(app, ada, &fields).await
}

/// Logs in at the application; what the ID token says.
async fn log_in_at(program: &Program, user: &mut Caller, scope: &str) -> Value {
    let code = program.code(user, &[("scope", scope), ("prompt", "consent")]).await;
    let tokens = program.redeem(&code).await.json();
    claims(text(&tokens, "id_token"))
}

fn metric(app: &TestApp, result: &str) -> bool {
    let text = app.services.measured().expect("text");
    text.contains(&format!("latchkey_logout_notices_total{{result=\"{result}\"}}"))
}

async fn page(ada: &mut Caller, program: &Program) -> String {
    ada.open(&format!("/account/apps/{}", program.id)).await.text()
}

/// What is for this machine, a network of its own, documentation or a protocol; and what is for everyone.
#[tokio::test]
async fn no_address_is_called_that_is_not_public() {
    let receiver = Receiver::start().await;
    let port = receiver.address.rsplit(':').next().expect("a port").to_owned();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[fc00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
        "[2001::1]",
    ];
    for host in hosts {
        let called = Fetch::new(Reach::Public).post_form(&format!("http://{host}:{port}"), String::new()).await;
        assert_eq!(called, Err("the address isn't public".into()), "{host}");
    }
    let loopback = Fetch::new(Reach::Loopback);
    for host in ["10.0.0.1", "169.254.169.254", "[fc00::1]"] {
        let called = loopback.post_form(&format!("http://{host}:{port}"), String::new()).await;
        assert_eq!(called, Err("the address isn't public".into()), "{host}");
    }
    assert_eq!(receiver.count(), 0);
    // By its name, and by its number.
    let form = || "logout_token=x".to_owned();
    for address in [receiver.address.clone(), receiver.address.replace("127.0.0.1", "localhost")] {
        assert_eq!(loopback.post_form(&address, form()).await, Ok(200), "{address}");
        assert_eq!(Fetch::new(Reach::Anywhere).post_form(&address, form()).await, Ok(200), "{address}");
    }
    receiver.answers(302);
    assert_eq!(
        (loopback.post_form(&receiver.address, form()).await, receiver.count()),
        (Ok(302), 5),
        "no redirect is followed"
    );
    receiver.answers(0);
    let late = format!("no answer within {} seconds", PATIENCE.as_secs());
    assert_eq!(loopback.post_form(&receiver.address, form()).await, Err(late));
}

on_both_databases! {
    async fn an_application_can_verify_what_it_is_told(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let login = log_in_at(&ledger, &mut bob, "openid").await;
        assert!(page(&mut ada, &ledger).await.contains("None sent yet."));
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        app.clock.advance_ms(3 * SECOND);
        assert_eq!((waiting(&app).await, receiver.count(), tell(&app).await, waiting(&app).await), (1, 0, 1, 0));
        let token = receiver.take().pop().expect("a token");
        let header = decode_header(&token).expect("a header");
        assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
        let keys: JwkSet = serde_json::from_value(app.anonymous().open("/.well-known/jwks.json").await.json()).expect("keys");
        let key = keys.find(header.kid.as_deref().expect("a kid")).expect("its key");
        let mut validation = Validation::new(header.alg);
        (validation.validate_exp, validation.required_spec_claims) = (false, ["iss", "aud", "exp", "sub"].map(str::to_owned).into());
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[&ledger.id]);
        let said = decode::<Value>(&token, &DecodingKey::from_jwk(key).expect("a key"), &validation).expect("ours").claims;
        let now = app.clock.now_ms() / 1000;
        assert_eq!((&said["sub"], &said["sid"]), (&login["sub"], &login["sid"]), "the login that the ID token named");
        assert_eq!((&said["iat"], &said["exp"], &said["events"]), (&json!(now), &json!(now + 120), &json!({ EVENT: {} })));
        assert!(said["jti"].as_str().is_some_and(|jti| !jti.is_empty()) && said.get("nonce").is_none(), "{said}");
        assert!(login.get("events").is_none(), "an ID token is no logout token");
        // Nor does a logout token open anything.
        assert_eq!(bob.bearer(&token).await.code(), "token_invalid");
        bob.cookies.insert("__Host-access".into(), token.clone());
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 401);
        assert_eq!(ledger.post("/oauth/introspect", &[("token", &token)]).await.json(), json!({ "active": false }));
        assert_eq!(ledger.refresh(&token).await.status, 400);
        assert!(page(&mut ada, &ledger).await.contains("Last sent "));
        assert!(metric(&app, "told") && !metric(&app, "failed"));
        let about = bob.open("/.well-known/openid-configuration").await.json();
        assert_eq!((&about["backchannel_logout_supported"], &about["backchannel_logout_session_supported"]), (&json!(true), &json!(true)));
    }

    async fn it_is_told_with_the_algorithm_of_its_id_tokens(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let fields = [("kind", "web"), ("redirects", BACK), ("scopes", "openid"), ("backchannel", &*receiver.address), ("id_token_alg", "RS256")];
        let asking = register_with(&app, &mut ada, &fields).await;
        for program in [&ledger, &asking] {
            log_in_at(program, &mut bob, "openid").await;
        }
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        assert_eq!(tell(&app).await, 2);
        let keys: JwkSet = serde_json::from_value(app.anonymous().open("/.well-known/jwks.json").await.json()).expect("keys");
        for token in receiver.take() {
            let header = decode_header(&token).expect("a header");
            let (algorithm, id) = if claims(&token)["aud"] == *asking.id { (Algorithm::RS256, &asking.id) } else { (Algorithm::ES256, &ledger.id) };
            assert_eq!((header.typ.as_deref(), header.alg), (Some("logout+jwt"), algorithm));
            let mut validation = Validation::new(algorithm);
            validation.validate_exp = false;
            validation.set_audience(&[id]);
            let key = keys.find(header.kid.as_deref().expect("a kid")).expect("its key");
            decode::<Value>(&token, &DecodingKey::from_jwk(key).expect("a key"), &validation).expect("ours");
            assert_eq!(bob.bearer(&token).await.code(), "token_invalid");
        }
    }

    async fn whatever_ends_a_login_tells_its_application_once(app: TestApp) {
        app.confirmed("bob").await;
        let (mut ada, receiver) = (app.admin().await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let id = app.user("bob").await.id;
        let command_line = app.another_instance().await.terminator.clone();
        let ways = [
            "log_out", "log_out_for_app", "log_in", "end_session", "end_other_sessions", "force_logout",
            "cli user", "cli session", "everyone", "disable_user", "disconnect_app", "delete_user",
        ];
        for way in ways {
            let mut bob = app.logged_in_again("bob").await;
            let login = log_in_at(&ledger, &mut bob, "openid").await;
            let sid = text(&login, "sid").to_owned();
            assert_eq!(tell(&app).await, 0, "before {way}");
            let cause = Cause { actor: Actor::CommandLine, ..Cause::by_system(EndReason::ByAdmin) };
            let mut status = 200;
            match way {
                "log_out" => status = bob.act(way, &[]).await.status,
                "log_out_for_app" => status = bob.act(way, &[("request", &encoded(&[("client_id", &ledger.id)]))]).await.status,
                "log_in" => status = bob.log_in("bob", PASSWORD).await.status,
                "end_session" => status = app.logged_in_again("bob").await.act(way, &[("sid", &sid)]).await.status,
                "end_other_sessions" => status = app.logged_in_again("bob").await.act(way, &[]).await.status,
                "cli user" => _ = command_line.terminate(Target::User(&id), cause).await.expect("an end"),
                "cli session" => _ = command_line.terminate(Target::Session(&sid), cause).await.expect("an end"),
                "everyone" => {
                    command_line.terminate_everyone(None, cause).await.expect("an end");
                    sweep(&app.services.jobs, |_| ()).await.expect("a sweep");
                    ada = app.logged_in_again("ada").await;
                }
                "disconnect_app" => status = bob.act(way, &[("id", &ledger.id)]).await.status,
                "delete_user" => {
                    let fields = [("user", &*id), ("reason", "x"), ("confirmation", "bob@example.com")];
                    status = ada.act(way, &fields).await.status;
                }
                _ => status = ada.act(way, &[("user", &id), ("reason", "x")]).await.status,
            }
            assert_eq!((status, tell(&app).await), (200, 1), "{way}");
            let said = claims(&receiver.take().pop().expect("a token"));
            assert_eq!((&said["sub"], &said["sid"]), (&login["sub"], &login["sid"]), "{way}");
            if way == "disable_user" {
                assert_eq!(ada.act("enable_user", &[("user", &id), ("reason", "x")]).await.status, 200);
            }
            // Nothing more comes of it, whatever ends what is left.
            if way != "delete_user" {
                command_line.terminate(Target::User(&id), Cause::by_system(EndReason::ByAdmin)).await.expect("an end");
                command_line.terminate_everyone(None, Cause::by_system(EndReason::ByAdmin)).await.expect("an end");
                sweep(&app.services.jobs, |_| ()).await.expect("a sweep");
                ada = app.logged_in_again("ada").await;
            }
            assert_eq!(tell(&app).await, 0, "after {way}");
        }
    }

    async fn access_that_outlives_the_login_is_told_of_the_logout_and_of_its_own_end(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let id = app.user("bob").await.id;
        let tokens = ledger.tokens(&mut bob, "openid account:read offline_access").await;
        let login = claims(text(&tokens, "id_token"));
        let refreshed = ledger.refresh(text(&tokens, "refresh_token")).await.json();
        assert_eq!(claims(text(&refreshed, "id_token"))["sid"], login["sid"]);
        // Without OpenID Connect no one is logged in there; and of this one no one knows whether anyone is.
        let code = ledger.code(&mut bob, &[("scope", "account:read"), ("prompt", "consent")]).await;
        assert_eq!(ledger.redeem(&code).await.status, 200);
        let pending = ledger.code(&mut bob, &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        assert_eq!(tell(&app).await, 1);
        assert_eq!(claims(&receiver.take()[0])["sid"], login["sid"]);
        assert_eq!(ledger.redeem(&pending).await.status, 400, "a code from before the logout logs no one in after it");
        let still = ledger.refresh(text(&refreshed, "refresh_token")).await.json();
        assert_eq!(bob.bearer(text(&still, "access_token")).await.status, 200, "what the user has allowed goes on");
        app.force_logout(&mut ada, &id).await;
        assert_eq!(tell(&app).await, 1);
        assert_eq!(claims(&receiver.take()[0])["sub"], json!(id));
        // A session that runs out tells no one.
        let mut bob = app.logged_in_again("bob").await;
        log_in_at(&ledger, &mut bob, "openid").await;
        app.clock.advance_ms(HOUR);
        assert_eq!(bob.open("/dashboard").await.status, 303);
        assert_eq!(tell(&app).await, 0);
    }

    async fn an_application_that_fails_is_asked_again_and_given_up_after_a_day(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        log_in_at(&ledger, &mut bob, "openid").await;
        bob.act("log_out", &[]).await;
        receiver.answers(503);
        for pause in [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE] {
            assert_eq!(tell(&app).await, 1, "{pause}");
            app.clock.advance_ms(pause - 1);
            assert_eq!(tell(&app).await, 0, "{pause}");
            app.clock.advance_ms(1);
        }
        let words = page(&mut ada, &ledger).await;
        assert!(words.contains("status 503") && words.contains("1 notice waits. We try for a day."), "{words}");
        receiver.answers(204);
        assert_eq!((tell(&app).await, waiting(&app).await), (1, 0));
        let jtis: Vec<Value> = receiver.take().iter().map(|token| claims(token)["jti"].clone()).collect();
        assert!(jtis.len() == 5 && jtis[0] != jtis[4], "{jtis:?}");
        // One that answers no more; what comes later waits with it.
        receiver.answers(302);
        for _ in 0..2 {
            let mut bob = app.logged_in_again("bob").await;
            log_in_at(&ledger, &mut bob, "openid").await;
            bob.act("log_out", &[]).await;
        }
        assert_eq!(tell(&app).await, 2);
        app.clock.advance_ms(5 * MINUTE);
        let parts = &app.services.parts;
        let findings = parts.get::<OauthPart>().expect("the part").examine(&app.services.state).await;
        let finding = findings.last().expect("a finding");
        assert_eq!((finding.state, &*finding.message), (State::Warning, "2 logout notices wait for an application that doesn't answer, the oldest for 5 minutes"));
        let mut hours = 0;
        while waiting(&app).await > 0 {
            app.clock.advance_ms(HOUR);
            tell(&app).await;
            hours += 1;
        }
        assert!((23..=25).contains(&hours), "{hours} hours");
        assert!(receiver.count() < 80 && metric(&app, "given_up") && metric(&app, "failed"));
        let findings = parts.get::<OauthPart>().expect("the part").examine(&app.services.state).await;
        assert_eq!(findings[0].state, State::Ok);
    }

    async fn a_process_that_dies_loses_nothing_and_two_never_tell_at_once(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        for _ in 0..12 {
            log_in_at(&ledger, &mut bob, "openid").await;
            bob = app.logged_in_again("bob").await;
        }
        let id = app.user("bob").await.id;
        // The process that ends them is gone before it tells anyone.
        let other = app.another_instance().await;
        other.terminator.terminate(Target::User(&id), Cause::by_system(EndReason::ByAdmin)).await.expect("an end");
        other.close_databases().await;
        let third = app.another_instance().await;
        let (here, there) = (teller(&app.services), teller(&third));
        let (a, b) = futures::join!(here.claim(100), there.claim(100));
        let (a, b) = (a.expect("notices"), b.expect("notices"));
        let mut ids: Vec<&str> = a.iter().chain(&b).map(|row| &*row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), a.len() + b.len()), (12, 12), "each is of one of them");
        assert_eq!(tell(&app).await, 0, "they are being sent");
        // Neither gets to it.
        app.clock.advance_ms(30 * SECOND);
        assert_eq!((tell(&app).await, receiver.count(), waiting(&app).await), (12, 12, 0));
    }

    async fn the_receipt_says_who_was_told_and_waits_for_no_one_longer_than_a_second(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let id = app.user("bob").await.id;
        log_in_at(&ledger, &mut bob, "openid").await;
        let worker = teller(&app.services).start();
        let receipt = ada.act("force_logout", &[("user", &id), ("reason", "x")]).await.json();
        assert_eq!((&receipt["told"][0]["name"], receiver.count()), (&json!("Ledger"), 1), "{receipt}");
        assert!(receipt["told"][0]["milliseconds"].is_u64(), "{receipt}");
        let words = ada.open(&format!("/admin/users/{id}")).await.text();
        assert!(words.contains("1 application told in "), "{words}");
        receiver.answers(0);
        let mut bob = app.logged_in_again("bob").await;
        log_in_at(&ledger, &mut bob, "openid").await;
        let watch = Stopwatch::start();
        let receipt = ada.act("force_logout", &[("user", &id), ("reason", "x")]).await.json();
        assert!(u128::from(watch.elapsed_ms()) < PATIENCE.as_millis(), "{} ms", watch.elapsed_ms());
        assert_eq!(receipt["told"], json!([{ "name": "Ledger", "milliseconds": null }]), "{receipt}");
        let words = ada.open(&format!("/admin/users/{id}")).await.text();
        assert!(words.contains("Ledger hasn't confirmed yet. We keep trying."), "{words}");
        receiver.answers(200);
        // The clock stands, and so the next try waits for it.
        let told = async {
            while waiting(&app).await > 0 {
                app.clock.advance_ms(SECOND);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(HANG, told).await.expect("it is told in the end");
        worker.abort();
    }

    async fn the_receipt_of_everyone_says_how_many_applications_are_told(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let (one, other) = (told_at(&app, &mut ada, &receiver).await, told_at(&app, &mut ada, &receiver).await);
        let quiet = register_with(&app, &mut ada, &[("kind", "web"), ("redirects", BACK), ("scopes", "openid account:read")]).await;
        log_in_at(&one, &mut bob, "openid offline_access").await;
        log_in_at(&one, &mut bob, "openid").await;
        log_in_at(&quiet, &mut bob, "openid").await;
        // No one is logged in there: it only calls the API, or has asked and never come for the answer.
        other.tokens(&mut bob, "account:read").await;
        other.code(&mut bob, &[("scope", "openid"), ("prompt", "consent")]).await;
        let fields = [("confirmation", "log everyone out"), ("reason", "a leak")];
        let receipt = ada.act("log_out_everyone", &fields).await.json();
        let ledger = json!({ "name": "Ledger", "milliseconds": null });
        assert_eq!((&receipt["applications"], &receipt["refresh_tokens"], &receipt["told"]), (&json!(3), &json!(1), &json!([ledger])), "{receipt}");
        let words = ada.open("/admin/sessions").await.text();
        assert!(words.contains("3 connected applications lost access, with 1 refresh token. 1 application is being told."), "{words}");
        sweep(&app.services.state, |_| ()).await.expect("the sweep");
        assert_eq!((tell(&app).await, receiver.take().len()), (1, 1), "one login, one word of it");
        // From the command line, and without anything to tell.
        let mut bob = app.logged_in_again("bob").await;
        log_in_at(&one, &mut bob, "openid").await;
        log_in_at(&other, &mut bob, "openid").await;
        for (told, words) in [(2, " 2 connected applications lost access, with 0 refresh tokens. 2 applications are being told."), (0, "")] {
            let cause = Cause { actor: Actor::CommandLine, ..Cause::by_system(EndReason::EveryoneLoggedOut) };
            let receipt = app.services.terminator.terminate_everyone(None, cause).await.expect("an end");
            assert_eq!((receipt.told.len(), &*receipt.words_of_applications()), (told, words));
            sweep(&app.services.state, |_| ()).await.expect("the sweep");
            assert_eq!(tell(&app).await, told);
        }
    }

    async fn many_logins_end_with_their_application_and_each_is_told_once(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        log_in_at(&ledger, &mut bob, "openid offline_access").await;
        sqlx::query(
            "insert into grants (id, client_id, user_id, sid, log_in_sid, scopes, resource, auth_time, global_epoch, user_agent, \
             ip, created_at, last_used_at) with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200) \
             select 'g' || i, client_id, user_id, sid, 's' || i, scopes, resource, auth_time, global_epoch, user_agent, ip, \
             created_at, last_used_at from grants, n",
        )
        .execute(&app.services.state.db.pool)
        .await
        .expect("grants");
        let fields = [
            ("id", &*ledger.id), ("kind", "web"), ("name", "Ledger"), ("redirects", BACK), ("scopes", "openid"),
            ("backchannel", &receiver.address),
        ];
        assert_eq!(ada.act("change_app", &fields).await.status, 200);
        assert_eq!((waiting(&app).await, app.count("select count(distinct sid) from logout_notices").await), (1201, 1201));
    }

    async fn an_application_that_gives_up_lasting_access_is_told_of_each_login_that_ends_by_it(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let lasting = log_in_at(&ledger, &mut bob, "openid offline_access").await;
        let mut at_work = app.logged_in_again("bob").await;
        log_in_at(&ledger, &mut at_work, "openid").await;
        let give_up = async |ada: &mut Caller| {
            let fields = [
                ("id", &*ledger.id), ("kind", "web"), ("name", "Ledger"), ("redirects", BACK), ("scopes", "openid account:read"),
                ("backchannel", &receiver.address),
            ];
            assert_eq!(ada.act("change_app", &fields).await.status, 200);
        };
        give_up(&mut ada).await;
        assert_eq!(tell(&app).await, 1, "what stands on a session goes on");
        assert_eq!(claims(&receiver.take()[0])["sid"], lasting["sid"]);
        give_up(&mut ada).await;
        bob.act("log_out", &[]).await;
        assert_eq!(tell(&app).await, 0, "and once is enough");
        at_work.act("log_out", &[]).await;
        assert_eq!((tell(&app).await, receiver.take().len()), (1, 1));
    }

    async fn what_is_deleted_or_disabled_is_not_called(app: TestApp) {
        let (mut ada, mut bob, receiver) = (app.admin().await, app.logged_in("bob").await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        log_in_at(&ledger, &mut bob, "openid").await;
        assert_eq!(ada.act("disable_app", &[("id", &ledger.id)]).await.status, 200);
        bob.act("log_out", &[]).await;
        assert_eq!((tell(&app).await, receiver.count(), waiting(&app).await), (1, 0, 1));
        assert!(page(&mut ada, &ledger).await.contains("the application is disabled"));
        assert_eq!(ada.act("enable_app", &[("id", &ledger.id)]).await.status, 200);
        app.clock.advance_ms(SECOND);
        assert_eq!((tell(&app).await, receiver.take().len(), waiting(&app).await), (1, 1, 0));
        let mut bob = app.logged_in_again("bob").await;
        log_in_at(&ledger, &mut bob, "openid").await;
        bob.act("log_out", &[]).await;
        assert_eq!(waiting(&app).await, 1);
        assert_eq!(ada.act("delete_app", &[("id", &ledger.id), ("confirmation", "Ledger")]).await.status, 200);
        assert_eq!((waiting(&app).await, tell(&app).await, receiver.count()), (0, 0, 0));
        // So are those of an owner whose account goes.
        let mut eve = app.another_admin("eve").await;
        let other = told_at(&app, &mut eve, &receiver).await;
        let mut bob = app.logged_in_again("bob").await;
        log_in_at(&other, &mut bob, "openid").await;
        bob.act("log_out", &[]).await;
        assert_eq!(waiting(&app).await, 1);
        assert_eq!(eve.act("delete_account", &[("confirmation", "eve@example.com")]).await.status, 200);
        assert_eq!((waiting(&app).await, app.count("select count(*) from clients where backchannel_logout_uri <> ''").await), (0, 0));
    }

    async fn the_address_is_looked_at_when_it_is_registered_and_when_it_is_called(app: TestApp) {
        let mut ada = app.admin().await;
        let usual = [("name", "X"), ("scopes", "account:read")];
        for (address, kind) in [
            ("http://app.example/x", "web"), ("https://app.example/x#y", "web"), ("app.example", "web"), ("javascript:alert(1)", "web"),
            ("com.example.app:/x", "native"), ("https://user@app.example/x", "web"), ("https://a.example/ https://b.example/", "web"),
            ("https://app.example/x", "service"),
        ] {
            let redirects = if kind == "service" { "" } else { BACK };
            let fields = [("redirects", redirects), ("kind", kind), ("backchannel", address)];
            let answer = ada.act("register_app", &[&usual[..], &fields].concat()).await;
            let named = format!("{{\"Invalid\":[{{\"Unfit\":[\"Backchannel\",\"{address}\"");
            assert!(answer.text().starts_with(&named), "{address}: {}", answer.text());
        }
        let mut bob = app.logged_in("bob").await;
        let fields = [("kind", "web"), ("redirects", BACK), ("scopes", "openid"), ("backchannel", "https://169.254.169.254/x")];
        let inside = register_with(&app, &mut ada, &fields).await;
        assert!(page(&mut ada, &inside).await.contains("LATCHKEY_CALL_PRIVATE_ADDRESSES=true"), "said before anyone logs in");
        log_in_at(&inside, &mut bob, "openid").await;
        bob.act("log_out", &[]).await;
        assert_eq!(tell(&app).await, 1);
        let words = page(&mut ada, &inside).await;
        assert!(words.contains("the address isn't public"), "{words}");
    }

    async fn amr_says_how_the_session_began(app: TestApp) {
        let (mut ada, receiver) = (app.admin().await, Receiver::start().await);
        let ledger = told_at(&app, &mut ada, &receiver).await;
        let login = log_in_at(&ledger, &mut ada, "openid").await;
        let (sfa, mfa) = (json!("https://refeds.org/profile/sfa"), json!("https://refeds.org/profile/mfa"));
        assert_eq!((&login["amr"], &login["acr"]), (&json!(["pwd"]), &sfa));
        let person = app.with_second_factor("bob").await;
        for (code, trust, amr) in [
            (app.code(&person.app), "", json!(["pwd", "otp", "mfa"])), (person.recovery[0].clone(), "on", json!(["pwd", "mfa"])),
        ] {
            let mut bob = app.anonymous();
            expect_code_page(&bob.log_in("bob", PASSWORD).await);
            if trust.is_empty() {
                assert_eq!(enter(&mut bob, &code).await.status, 200);
            } else {
                let fields = [("code", &*code), ("with", "recovery"), ("trust", trust)];
                assert_eq!(bob.act("enter_code", &fields).await.status, 200);
            }
            let login = log_in_at(&ledger, &mut bob, "openid").await;
            assert_eq!((&login["amr"], &login["acr"]), (&amr, &mfa));
            bob.act("log_out", &[]).await;
            if !trust.is_empty() {
                // A device that is trusted is asked for no code, and gave none.
                assert_eq!(bob.log_in("bob", PASSWORD).await.header("location"), "/dashboard");
                let login = log_in_at(&ledger, &mut bob, "openid").await;
                assert_eq!((&login["amr"], &login["acr"]), (&json!(["pwd"]), &sfa));
            }
        }
    }
}
