//! Section 4 of the Lab: each experiment shows what really happened, and every link leads to code that is there.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};

use super::{
    app::TestApp,
    caller::Caller,
    lab::{count, visit_of, visitor},
    logs::Lines,
    on_both_databases,
};
use crate::lab::{
    attacks::{Outcome, Verdict, forge::tear, list, play},
    browser::Ask,
    code::Cite,
    lanes,
};

async fn try_it(app: &TestApp, visitor: &mut Caller, id: &str) -> Outcome {
    let answer = visitor.act("try_attack", &[("attack", id)]).await;
    assert_eq!(answer.status, 200, "{id}: {}", answer.text());
    let visit = visit_of(app, visitor).await;
    let lab = &app.lab();
    visit.result(lab, &format!("attack-{id}")).await.expect("the results").expect("a result")
}

fn statuses(outcome: &Outcome) -> Vec<u16> {
    outcome.steps.iter().filter_map(|step| step.exchange.as_ref()).map(|shown| shown.status).collect()
}

on_both_databases! {
    async fn every_attack_is_refused_by_the_defence_that_the_page_names(app: TestApp) {
        let app = app.and_lab().await;
        let (lab, mut visitor) = (app.lab(), visitor(&app).await);
        let attacks: [(&str, &[u16]); 8] = [
            ("payload", &[200, 200, 401]),
            ("none", &[200, 401]),
            ("other-key", &[200, 401, 200, 401]),
            ("replay", &[200, 200, 401, 401]),
            ("expired", &[200, 401, 200]),
            ("cross-site", &[403, 403, 200]),
            ("steal", &[200, 200, 200, 303, 401]),
            ("role", &[200, 403, 200, 401, 200, 200, 200, 200, 200]),
        ];
        for (id, expected) in attacks {
            let outcome = try_it(&app, &mut visitor, id).await;
            assert_eq!(statuses(&outcome), expected, "{id}: {}", outcome.words);
            assert!(id != "steal" || outcome.words.contains("scripts, __Host- and Secure keep it"), "{}", outcome.words);
            assert!(outcome.verdict == Verdict::Held && !outcome.words.contains("bug") && !outcome.words.contains(['{', '}']), "{id}: {}", outcome.words);
            let page = visitor.open("/lab").await.text();
            assert!(page.contains(&*html_escape::encode_text(&outcome.words)), "{id}: {}", outcome.words);
            assert!(visit_of(&app, &visitor).await.is_logged_in(&lab).await.expect("an answer"));
        }
        assert_eq!(count(&lab, "select count(*) from users where role = 'auditor'").await, 0, "the change is undone");
        assert_eq!(count(&lab, "select count(*) from audit_events where event = 'role_changed'").await, 2);
    }

    async fn the_copy_of_a_replaced_secret_ends_the_session_in_two_acts(app: TestApp) {
        let app = app.and_lab().await;
        let (lab, mut visitor) = (app.lab(), visitor(&app).await);
        let first = try_it(&app, &mut visitor, list::OLD_SECRET).await;
        assert_eq!((first.verdict, statuses(&first)), (Verdict::Held, vec![200, 200, 409]), "{}", first.words);
        assert!(visitor.open("/lab").await.text().contains("Use the stolen cookie again"));
        let early = try_it(&app, &mut visitor, list::OLD_SECRET).await;
        assert!(early.words.starts_with("Not yet"), "{}", early.words);
        app.clock.advance_ms(10_001);
        let second = try_it(&app, &mut visitor, list::OLD_SECRET).await;
        assert_eq!((second.verdict, statuses(&second)), (Verdict::Held, vec![200, 200, 409, 303, 401]), "{}", second.words);
        assert_eq!(count(&lab, "select count(*) from audit_events where details like '%theft_suspected%'").await, 1);
        let again = try_it(&app, &mut visitor, list::OLD_SECRET).await;
        assert_eq!(statuses(&again).len(), 3, "it begins anew");
    }

    async fn no_secret_is_on_the_page(app: TestApp) {
        let app = app.and_lab().await;
        let (lab, mut visitor) = (app.lab(), visitor(&app).await);
        for id in ["payload", "steal", "role"] {
            try_it(&app, &mut visitor, id).await;
            let browser = visit_of(&app, &visitor).await.browser;
            let page = visitor.open("/lab").await.text();
            let kept: Vec<(String,)> = sqlx::query_as("select result from lab_runs")
                .fetch_all(&lab.state.db.pool)
                .await
                .expect("the results");
            for secret in browser.cookies.values().chain([&lab.password]) {
                assert!(!page.contains(secret.as_str()), "{id}");
                assert!(kept.iter().all(|(result,)| !result.contains(secret.as_str())), "{id}: kept");
            }
        }
    }

    async fn who_has_no_visit_runs_nothing(app: TestApp) {
        let app = app.and_lab().await;
        let mut nobody = app.anonymous();
        let answer = nobody.act("try_attack", &[("attack", "payload")]).await;
        assert_eq!((answer.status, answer.text()), (410, "\"VisitOver\"".into()));
        let page = nobody.open("/lab").await.text();
        assert!(page.contains("Change the role in the payload") && !page.contains("/actions/try_attack"), "{page}");
        let mut visitor = visitor(&app).await;
        assert_eq!(visitor.act("try_attack", &[("attack", "guess")]).await.status, 400);
    }

    async fn a_session_that_another_experiment_ended_is_no_bug(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        assert_eq!(try_it(&app, &mut visitor, list::OLD_SECRET).await.verdict, Verdict::Held);
        assert_eq!(try_it(&app, &mut visitor, "steal").await.verdict, Verdict::Held);
        app.clock.advance_ms(10_001);
        let second = try_it(&app, &mut visitor, list::OLD_SECRET).await;
        assert_eq!((second.verdict, statuses(&second)), (Verdict::Disturbed, vec![200, 200, 409, 303, 401]));
        assert!(second.words.starts_with("Another experiment") && !second.words.contains("bug"), "{}", second.words);
        let page = visitor.open("/lab").await.text();
        assert!(page.contains("notice info") && !page.contains("That is a bug"), "{page}");
        assert_eq!(try_it(&app, &mut visitor, list::OLD_SECRET).await.verdict, Verdict::Held, "it begins anew");
    }

    async fn the_log_has_what_the_lab_asks_for_until_it_is_turned_off_for_the_lab(app: TestApp) {
        let app = app.and_lab().await;
        let (lab, visitor) = (app.lab(), visitor(&app).await);
        let mut visit = visit_of(&app, &visitor).await;
        for (levels, is_there) in [("info", true), ("info,latchkey::lab=off", false), ("warn", false)] {
            let lines = Lines::default();
            let listening = lines.listen("text", levels);
            // Nothing of the database's: its threads have another log.
            assert_eq!(visit.browser.send(&lab, &Ask::page("/healthz")).await.expect("an answer").status, 200);
            drop(listening);
            let text = lines.text();
            let said = (text.contains(" lab: answered"), text.contains("request{"));
            assert_eq!(said, (is_there, is_there), "{levels}: {text}");
        }
    }

    async fn a_role_that_another_tab_gave_is_no_bug(app: TestApp) {
        let app = app.and_lab().await;
        let (lab, mut visitor) = (app.lab(), visitor(&app).await);
        let mut visit = visit_of(&app, &visitor).await;
        let mut admin = lab.administrator().await.expect("an administrator");
        let fields = [("user", &*visit.user_id), ("role", "auditor"), ("reason", "another tab")];
        assert_eq!(admin.send(&lab, &Ask::action("change_role", &fields)).await.expect("an answer").status, 200);
        // With the role the session gets a new secret, which the demo browser keeps.
        visit.browser.send(&lab, &Ask::renewal()).await.expect("an answer");
        visit.keep_browser(&lab).await.expect("it is kept");
        let outcome = try_it(&app, &mut visitor, "role").await;
        assert_eq!(outcome.verdict, Verdict::Disturbed, "{}", outcome.words);
        assert_eq!(try_it(&app, &mut visitor, "role").await.verdict, Verdict::Held, "the change is undone");
    }

    async fn there_is_no_key_confusion_without_a_public_key(app: TestApp) {
        let algorithms: [(&str, &[u16], &str); 3] = [
            ("HS256", &[200, 401, 200], "no public key"),
            ("RS256", &[200, 401, 200, 401], "Refused twice"),
            ("EdDSA", &[200, 401, 200, 401], "Refused twice"),
        ];
        for (algorithm, expected, words) in algorithms {
            let app = TestApp::with(app.kind(), &["--token-algorithm", algorithm]).await.and_lab().await;
            let mut visitor = visitor(&app).await;
            let outcome = try_it(&app, &mut visitor, "other-key").await;
            assert_eq!((outcome.verdict, statuses(&outcome)), (Verdict::Held, expected.to_vec()), "{algorithm}");
            assert!(outcome.words.contains(words), "{algorithm}: {}", outcome.words);
        }
    }

    async fn of_insecure_cookies_nothing_is_said_that_only_a_prefix_does(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--insecure-cookies", "true"]).await.and_lab().await;
        let mut visitor = visitor(&app).await;
        let outcome = try_it(&app, &mut visitor, "steal").await;
        assert!(outcome.words.contains("HttpOnly keeps it from scripts. An attacker"), "{}", outcome.words);
        let page = visitor.open("/lab").await.text();
        assert!(page.contains("No script can read it.") && !page.contains("__Host-"), "{page}");
    }

    async fn a_token_of_before_tells_no_log_in_of_after(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        let outcome = try_it(&app, &mut visitor, "expired").await;
        let shown = outcome.steps.iter().find_map(|step| step.token.as_ref()).expect("a token");
        let claims: serde_json::Value = serde_json::from_str(&shown[1]).expect("claims");
        assert!(claims["auth_time"].as_i64() <= claims["iat"].as_i64() && claims["iat"].is_i64(), "{claims}");
    }

    async fn a_page_shows_the_code_that_is_cited(app: TestApp) {
        let app = app.and_lab().await;
        let href = list::ALL[0].cites[0].link();
        let mut nobody = app.anonymous();
        let page = nobody.open(&href).await;
        assert_eq!(page.status, 200);
        let (_, line) = href.split_once('#').expect("a line");
        let html = page.text();
        assert!(html.contains(&format!("id=\"{line}\"")) && html.contains("line cited"), "{}", href);
        assert!(html.contains("fn authentic("));
        for other in ["/lab/code/config", "/lab/code/..%2Fconfig", "/lab/code/tokens"] {
            assert_eq!(nobody.open(other).await.status, 404, "{other}");
        }
    }
}

#[test]
fn a_defence_that_fails_is_called_a_bug() {
    let words = play::words(Verdict::LetIn, &[], || "All is well.".into());
    assert!(words.contains("It was let in. That is a bug"), "{words}");
}

/// What makes the difference must be what was changed, and nothing else.
#[test]
fn a_forged_token_differs_in_the_word_that_was_changed() {
    // In an order that is not that of the alphabet, with a space that no library writes.
    let parts = [r#"{"typ":"at+jwt","alg":"ES256", "kid":"a"}"#, r#"{"sub":"b","role":"user","aud":["c","a"]}"#];
    let whole = format!("{}.c2lnbmVk", parts.map(|part| B64.encode(part)).join("."));
    let torn = tear(&whole).expect("a token");
    assert_eq!(torn.token(), whole);
    let payload = r#"{"sub":"b","role":"admin","aud":["c","a"]}"#;
    let forged = torn.clone().with_claim("role", "admin").expect("another role");
    assert_eq!(forged.token(), whole.replace(&B64.encode(parts[1]), &B64.encode(payload)));
    let none = torn.clone().with_header("alg", "none").expect("another algorithm");
    assert_eq!(
        none.without_signature().token(),
        format!("{}.{}.", B64.encode(parts[0].replace("ES256", "none")), B64.encode(parts[1]))
    );
    assert!(torn.clone().with_claim("role", "user").is_none(), "nothing would be changed");
    assert_eq!(torn.shown()[1], "{\n  \"sub\": \"b\",\n  \"role\": \"user\",\n  \"aud\": [\"c\",\"a\"]\n}");
}

/// A link without its function is a promise.
#[test]
fn every_function_and_test_that_the_lab_cites_exists() {
    let cites: Vec<&Cite> = list::ALL.iter().flat_map(|about| about.cites).chain(lanes::run::CITES).collect();
    for cite in cites {
        let Cite { path, function, .. } = cite;
        assert!(cite.lines().is_some_and(|(first, last)| first < last), "{path} has no {function}");
    }
    for about in &list::ALL {
        assert!(about.cites.iter().any(|cite| cite.path.starts_with("tests/")), "{} names no test", about.id);
    }
}
