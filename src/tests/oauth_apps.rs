//! Applications that change: what was registered, their secrets, and what is said of them.

use axum::http::Method;

use super::{
    app::{HANG, PASSWORD, TestApp},
    caller::{Answer, Caller},
    oauth::{BACK, Pairs, Program, register, register_with, secret_on, text},
    oauth_tokens::{bearer, me},
    on_both_databases,
};
use crate::{
    auth::users,
    base::{finding::State, jobs},
    oauth::{clients::calls, part::OauthPart, store},
    pages::part::Part,
    serve::{router::router, services::Services},
};

const DAY: i64 = 24 * 3_600_000;
const OTHER: &str = "https://app.example/other";

/// What `account:read` is for.
const SEES: &str = "See the ID of your account";

/// What the form has when it's opened, with what is typed over it.
async fn change(caller: &mut Caller, program: &Program, typed: Pairs<'_>) -> Answer {
    let usual = [
        ("id", &*program.id),
        ("kind", "web"),
        ("name", "Ledger"),
        ("redirects", BACK),
        ("logouts", ""),
        ("backchannel", ""),
    ];
    let all = [&usual[..], &[("scopes", "openid account:read offline_access")]].concat();
    let kept = all.into_iter().filter(|(name, _)| !typed.iter().any(|(given, _)| given == name));
    let fields: Vec<_> = kept.chain(typed.iter().copied()).collect();
    caller.act("change_app", &fields).await
}

async fn page(caller: &mut Caller, program: &Program) -> String {
    caller.open(&format!("/account/apps/{}", program.id)).await.text()
}

on_both_databases! {
    async fn what_an_application_gives_up_stops_at_once(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let all = "openid account:read offline_access";
        let web = register(&app, &mut ada, "web", &format!("{BACK}\n{OTHER}"), all).await;
        let tokens = web.tokens(&mut bob, all).await;
        // More than before ends nothing.
        let more = [("redirects", &*format!("{BACK}\n{OTHER}\nhttps://app.example/third")), ("scopes", "openid account:read offline_access email")];
        assert_eq!(change(&mut ada, &web, &more).await.status, 200);
        assert_eq!(me(&app, &tokens).await, 200);
        let noted = "select count(*) from audit_events where event = 'app_changed' and details like '%https://app.example/third%'";
        assert_eq!(app.count(noted).await, 1, "the log says what it was changed to");
        assert!(bob.open("/account/connected").await.text().contains(SEES));
        // A scope less.
        let code = web.code(&mut bob, &[("scope", "openid account:read"), ("prompt", "consent")]).await;
        let less = [("redirects", &*format!("{BACK}\n{OTHER}")), ("scopes", "openid offline_access")];
        assert_eq!(change(&mut ada, &web, &less).await.status, 200);
        assert!(page(&mut ada, &web).await.contains("Its access tokens have been revoked"));
        assert_eq!(me(&app, &tokens).await, 401, "on the next call");
        let refreshed = web.refresh(text(&tokens, "refresh_token")).await.json();
        assert_eq!(text(&refreshed, "scope"), "openid offline_access", "what is left");
        assert!(!bob.open("/account/connected").await.text().contains(SEES), "as its user sees it, too");
        assert_eq!(text(&web.redeem(&code).await.json(), "scope"), "openid");
        // An address less: a code that was on its way there.
        let there = Program { back: OTHER.into(), ..web.clone() };
        let code = there.code(&mut bob, &[("scope", "openid"), ("prompt", "consent")]).await;
        assert_eq!(change(&mut ada, &web, &[("scopes", "openid offline_access")]).await.status, 200);
        let refused = there.redeem(&code).await;
        assert_eq!((refused.status, text(&refused.json(), "error")), (400, "invalid_grant"));
        assert_eq!(bob.open(&format!("/oauth/authorize?{}", there.query(&[("scope", "openid")]))).await.status, 400);
        // No access beyond the browser any more.
        let pending = web.code(&mut bob, &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
        assert_eq!(change(&mut ada, &web, &[("scopes", "openid")]).await.status, 200);
        for refused in [web.refresh(text(&refreshed, "refresh_token")).await, web.redeem(&pending).await] {
            assert_eq!((refused.status, text(&refused.json(), "error")), (400, "invalid_grant"));
        }
        assert!(!bob.open("/account/devices").await.text().contains("Ledger"), "nor is it in the list");
        let log = ada.open("/account/activity").await.text();
        assert!(log.contains("You changed the application Ledger"), "{log}");
    }

    async fn only_owner_and_administrators_change_an_application_and_nothing_typed_is_lost(app: TestApp) {
        let (mut ada, mut eve, mut bob) = (app.admin().await, app.another_admin("eve").await, app.logged_in("bob").await);
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let cli = Program { id: "latchkey-cli".into(), ..web.clone() };
        for (caller, program, status) in [(&mut bob, &web, 404), (&mut eve, &web, 200), (&mut ada, &cli, 404)] {
            assert_eq!(change(caller, program, &[("name", "Books")]).await.status, status);
        }
        let words = page(&mut ada, &web).await;
        assert!(words.contains("Books") && words.contains("value=\"openid account:read offline_access\""), "{words}");
        // A kind that is sent changes nothing.
        assert_eq!(change(&mut ada, &web, &[("kind", "native"), ("name", "Books")]).await.status, 200);
        assert!(page(&mut ada, &web).await.contains("Web server"));
        let fields = [("id", &*web.id), ("kind", "web"), ("name", "Accounts"), ("redirects", "https://app.example/#x"), ("scopes", "openid notes:read"), ("id_token_alg", "RS256")];
        let here = format!("/account/apps/{}", web.id);
        let refused = ada.submit("change_app", &fields, &here).await;
        let words = refused.text();
        assert_eq!(refused.status, 422, "{words}");
        for part in ["https://app.example/#x: Remove the part that begins with #.", "value=\"Accounts\"", "value=\"openid notes:read\"", "value=\"RS256\" selected", "id=\"facts\""] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let service = register(&app, &mut ada, "service", "", "orders:read").await;
        let renamed = change(&mut ada, &service, &[("kind", "service"), ("redirects", ""), ("scopes", "orders:write")]).await;
        assert_eq!(renamed.status, 200, "{}", renamed.text());
        assert!(!page(&mut ada, &service).await.contains("name=\"redirects\""), "a service has no addresses");
        app.clock.advance_ms(11 * 60_000);
        assert_eq!(change(&mut ada, &web, &[("name", "")]).await.text(), r#"{"Invalid":["AppNameMissing"]}"#, "before a password");
        assert_eq!(change(&mut ada, &web, &[]).await.text(), "\"ProofNeeded\"");
    }

    async fn what_an_administrator_has_disabled_its_owner_does_not_enable(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--applications-by", "everyone"]).await;
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let web = register(&app, &mut bob, "web", BACK, "openid").await;
        let id = [("id", &*web.id)];
        for (mut caller, act, status) in [
            (bob.copy(), "disable_app", 200), (bob.copy(), "enable_app", 200),
            (ada.copy(), "disable_app", 200), (bob.copy(), "enable_app", 403),
        ] {
            assert_eq!(caller.act(act, &id).await.status, status, "{act}");
        }
        assert_eq!(bob.open(&format!("/oauth/authorize?{}", web.query(&[]))).await.status, 400);
        assert_eq!(ada.act("enable_app", &id).await.status, 200);
        assert_eq!(bob.open(&format!("/oauth/authorize?{}", web.query(&[]))).await.status, 200);
    }

    async fn an_application_goes_only_with_its_name_typed_and_a_fresh_proof(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        assert_eq!(change(&mut ada, &web, &[("name", "Caf\u{e9}  & Books")]).await.status, 200);
        let here = format!("/account/apps/{}", web.id);
        let delete = |typed| [("id", &*web.id), ("confirmation", typed)];
        assert_eq!(ada.act("delete_app", &[("id", &web.id)]).await.text(), r#"{"Invalid":["ConfirmationWrong"]}"#);
        for wrong in ["", " ", "Caf\u{e9} & Book", "Caf\u{e9}&Books", "caf\u{e9} & books"] {
            let refused = ada.submit("delete_app", &delete(wrong), &here).await;
            let words = refused.text();
            assert_eq!(refused.status, 422, "{wrong}: {words}");
            assert_eq!(words.matches("There is a problem").count(), 1, "in one form: {words}");
            assert!(words.contains("Type it exactly as shown."), "{words}");
        }
        let words = ada.submit("delete_app", &delete("Coffee"), &here).await.text();
        assert!(words.contains("value=\"Coffee\"") && words.contains("<bdi>Caf\u{e9}  &amp; Books</bdi>"), "{words}");
        for typed in ["Coffee", "Caf\u{e9} & Books"] {
            assert_eq!(bob.act("delete_app", &delete(typed)).await.status, 404, "{typed}: no one learns its name");
        }
        let mut other = app.services.state.db.begin_write().await.expect("a transaction");
        users::store::lock(&mut *other, &app.user("ada").await.id).await.expect("locked");
        assert_eq!(ada.act("delete_app", &delete("Coffee")).await.status, 422, "whoever changes something holds no one up");
        other.rollback().await.expect("over");
        app.clock.advance_ms(11 * 60_000);
        assert_eq!(ada.submit("delete_app", &delete("Coffee"), &here).await.status, 422, "before a password");
        // As it's read: one blank, and the accent typed by itself.
        let right = delete(" Cafe\u{301} & Books ");
        let asked = ada.submit("delete_app", &right, &here).await;
        let words = asked.text();
        assert!(asked.status == 401 && words.contains("Confirm your password"), "{words}");
        assert_eq!(app.count("select count(*) from clients where name like 'Caf%'").await, 1);
        let gone = ada.submit("delete_app", &[&right[..], &[("password", PASSWORD)]].concat(), &here).await;
        assert_eq!((gone.status, gone.header("location")), (303, "/account/apps"));
        assert_eq!(ada.open(&here).await.status, 404);
    }

    async fn no_two_parts_of_the_page_share_an_id(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let words = page(&mut ada, &web).await;
        let mut ids: Vec<&str> = words.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(["password", "password-for-key", "password-for-deletion"].iter().all(|id| ids.contains(id)), "each form asks for it: {ids:?}");
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{ids:?}");
    }

    async fn the_calls_of_each_day_are_counted_over_all_instances(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.with_token("bob").await);
        let native = register(&app, &mut ada, "native", "http://127.0.0.1/cb", "openid account:read").await;
        let tokens = native.tokens(&mut bob, "openid account:read").await;
        assert!(page(&mut ada, &native).await.contains("none in the last 7 days"));
        let token = text(&tokens, "access_token");
        let other = app.another_instance().await;
        let there = bob.at(router(other.clone()));
        let start = async |services: &Services| {
            let part = services.parts.get::<OauthPart>().expect("the part");
            part.start(&services.app, &services.keys, &services.metrics).await
        };
        for caller in [&bob, &there, &there] {
            assert_eq!(caller.bearer(token).await.status, 200);
        }
        // What is counted before the start is written down at once, as each minute. Then at the end.
        let (started, also) = (start(&app.services).await, start(&other).await);
        let written = async {
            while app.count("select cast(coalesce(sum(calls), 0) as bigint) from client_calls").await < 3 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANG, written).await.expect("it is written down");
        assert_eq!(there.bearer(token).await.status, 200);
        // What was refused, and what our own page asked.
        assert_eq!(there.bearer(&format!("{token}x")).await.status, 401);
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 200);
        assert_eq!(bearer(&app, "GET", "/api/v1/notes", token).await.status, 403);
        jobs::stop(started.into_iter().chain(also)).await;
        for services in [&app.services, &other] {
            services.parts.get::<OauthPart>().expect("the part").stop().await;
        }
        let words = page(&mut ada, &native).await;
        assert!(words.contains("4 today, 0 yesterday") && words.contains("Thursday, 1 January 2026"), "{words}");
        // Tomorrow; where the database doesn't take it, it is not lost.
        app.clock.advance_ms(DAY);
        let refreshed = native.refresh(text(&tokens, "refresh_token")).await.json();
        assert_eq!(bob.bearer(text(&refreshed, "access_token")).await.status, 200);
        let write_down = async || calls::write_down(&app.services.state, &app.services.metrics).await;
        app.refuse("insert on client_calls", "true").await;
        assert!(write_down().await.is_err());
        app.allow("client_calls").await;
        write_down().await.expect("the calls");
        let mut ada = app.logged_in_again("ada").await;
        let words = page(&mut ada, &native).await;
        assert!(words.contains("1 today, 4 yesterday"), "{words}");
        let kept = async || app.count("select count(*) from client_calls").await;
        let now = app.clock.now_ms();
        for (days, left) in [(29, 2), (30, 1)] {
            let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
            store::delete_old(&mut tx, now + days * DAY).await.expect("the job");
            tx.commit().await.expect("the job");
            assert_eq!(kept().await, left, "after {days} days more");
        }
        assert_eq!(ada.act("delete_app", &[("id", &native.id), ("confirmation", "Ledger")]).await.status, 200);
        assert_eq!(kept().await, 0);
        app.services.metrics.called(&native.id, 1);
        write_down().await.expect("of none that is left");
        assert_eq!(kept().await, 0);
    }

    async fn the_list_of_all_applications_says_where_it_ends(app: TestApp) {
        let mut ada = app.admin().await;
        let words = "Only the newest 200 are listed.";
        assert!(!ada.open("/admin/apps").await.text().contains(words));
        sqlx::query(
            "insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at) \
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 200) \
             select 'c' || i, '', 'One of many', 'web', '', '', '', 0, i from n",
        )
        .execute(&app.services.state.db.pool)
        .await
        .expect("the rows");
        assert!(ada.open("/admin/apps").await.text().contains(words));
    }

    async fn a_new_secret_stands_on_the_page_of_its_application_alone(app: TestApp) {
        let mut ada = app.admin().await;
        let fields = [("name", "Ledger"), ("kind", "web"), ("redirects", BACK), ("scopes", "openid")];
        let one = ada.act("register_app", &fields).await.header("location").to_owned();
        let two = ada.act("register_app", &fields).await.header("location").to_owned();
        // The first tab comes with the cookie of the second.
        let words = ada.open(&one).await.text();
        assert!(secret_on(&words).is_none() && !words.contains("Application registered"), "{words}");
        assert!(secret_on(&ada.open("/account/connected").await.text()).is_none());
        let words = ada.open(&two).await.text();
        let secret = secret_on(&words).expect("nothing was used up");
        assert!(words.contains("Application registered"), "{words}");
        assert!(secret_on(&ada.open(&two).await.text()).is_none(), "shown once");
        let id = two.rsplit('/').next().expect("an id").to_owned();
        let itself = Program { id: id.clone(), secret: Some(secret), back: BACK.into(), anyone: app.anonymous() };
        assert_eq!(itself.post("/oauth/introspect", &[("token", "x")]).await.status, 200);
        assert_eq!(ada.act("add_app_secret", &[("id", &id)]).await.status, 200);
        assert!(secret_on(&ada.open(&one).await.text()).is_none(), "nor is a second one");
        assert!(secret_on(&ada.open(&two).await.text()).is_some());
    }

    async fn a_secret_may_expire(app: TestApp) {
        let mut ada = app.admin().await;
        let fields = [("kind", "service"), ("scopes", "orders:read"), ("expires", "90")];
        let service = register_with(&app, &mut ada, &fields).await;
        let itself = [("grant_type", "client_credentials")];
        let findings = async |app: &TestApp| {
            let parts = &app.services.parts;
            let found = parts.get::<OauthPart>().expect("the part").examine(&app.services.state).await;
            found.into_iter().filter(|one| one.state == State::Warning).map(|one| one.message).collect::<Vec<_>>().join(" ")
        };
        assert!(page(&mut ada, &service).await.contains("Expires on"));
        app.clock.advance_ms(75 * DAY);
        assert_eq!((service.post("/oauth/token", &itself).await.status, findings(&app).await), (200, String::new()));
        app.clock.advance_ms(2 * DAY);
        assert_eq!(findings(&app).await, "the secret of “Ledger” expires in 13 days");
        app.clock.advance_ms(13 * DAY);
        let refused = service.post("/oauth/token", &itself).await;
        assert_eq!((refused.status, text(&refused.json(), "error")), (401, "invalid_client"), "as a wrong one");
        assert_eq!(findings(&app).await, "the secret of “Ledger” has expired");
        let mut ada = app.logged_in_again("ada").await;
        assert!(page(&mut ada, &service).await.contains("Expired"));
        assert_eq!(ada.act("add_app_secret", &[("id", &service.id), ("expires", "0")]).await.status, 400);
        assert_eq!(ada.act("add_app_secret", &[("id", &service.id), ("expires", "")]).await.status, 200);
        let words = page(&mut ada, &service).await;
        let second = Program { secret: secret_on(&words), ..service.clone() };
        assert!(words.contains("Never expires") && second.post("/oauth/token", &itself).await.status == 200, "{words}");
    }

    async fn a_name_turns_nothing_around_it_and_ours_comes_with_us(app: TestApp) {
        let mut ada = app.admin().await;
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        assert_eq!(change(&mut ada, &web, &[("name", "ספר 5"), ("scopes", "openid")]).await.status, 200);
        let isolated = "\u{2068}ספר 5\u{2069}";
        let consent = ada.open(&format!("/oauth/authorize?{}", web.query(&[]))).await.text();
        assert!(consent.contains(&format!("Allow {isolated} access to your account?")), "{consent}");
        assert_eq!(ada.act("change_name", &[("name", "ספר 5")]).await.status, 200);
        let consent = ada.open(&format!("/oauth/authorize?{}", web.query(&[]))).await.text();
        assert!(consent.contains(&format!("It was registered by {isolated}.")), "{consent}");
        web.tokens(&mut ada, "openid").await;
        let list = ada.open("/admin/apps").await.text();
        assert!(list.contains("<bdi>ספר 5</bdi>") && list.contains("with Latchkey"), "{list}");
        assert!(list.contains(&format!(">{}</span>", web.id)), "another one may have the same name: {list}");
        assert!(ada.open("/account/connected").await.text().contains("<bdi>ספר 5</bdi>"));
        assert!(ada.open("/account/activity").await.text().contains(isolated));
        assert!(ada.open("/account/apps/latchkey-cli").await.text().contains("It comes with Latchkey."));
    }
}
