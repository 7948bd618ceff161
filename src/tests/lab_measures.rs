//! What the Lab shows of cookies and measures of requests: true, masked, bounded.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use strum::VariantArray;
use tower::ServiceExt;

use super::{
    app::TestApp,
    lab::{visit_of, visitor},
    on_both_databases,
};
use crate::{
    auth::tokens::verify::verify,
    base::number::percentiles,
    lab::{
        browser::{Ask, Browser},
        cost::{Measured, NAME, Spread, Way, step, step_ns, words},
        samples,
        travel::{claims::CLAIMS, sizes},
        visit::take_turn,
        world::Lab,
    },
};

/// What a probe answers to this browser.
async fn probe(lab: &Lab, browser: &Browser, way: Way) -> StatusCode {
    let request = browser.request(lab, &Ask::api(Method::GET, way.into_str())).expect("a request");
    lab.probes.clone().oneshot(request).await.expect("an answer").status()
}

/// The secret of a session and the signature of a token open doors; neither may stand on a page.
fn assert_nothing_to_steal(page: &str, session: &str, token: &str) {
    let signature = token.rsplit('.').next().expect("a signature");
    for secret in [session, signature] {
        assert!(!page.contains(secret), "it stands there whole");
        assert!(!page.contains(&secret[..8]), "its beginning stands there");
    }
}

on_both_databases! {
    async fn who_is_logged_in_sees_their_own_cookies_decoded_and_nothing_to_steal(app: TestApp) {
        let app = app.and_lab().await;
        let mut alice = app.with_token("alice").await;
        let token = alice.access_token().to_owned();
        let services = &app.services;
        let claims = verify(&services.state, &services.keys, &token).expect("a token").claims;
        let page = alice.open("/lab").await.text();
        assert!(page.contains("These are your own"));
        for said in [&claims.sub, &claims.sid, &claims.jti, &claims.aud, &claims.exp.to_string()] {
            assert!(page.contains(said.as_str()), "{said}");
        }
        for part in token.split('.') {
            assert!(page.contains(&format!("{} bytes", part.len())), "{} bytes", part.len());
        }
        assert!(page.contains("in 5 minutes"), "the end of the token in words");
        assert_nothing_to_steal(&page, &alice.cookies["__Host-session"], &token);
    }

    async fn a_token_that_does_not_count_is_not_decoded(app: TestApp) {
        let app = app.and_lab().await;
        let mut alice = app.with_token("alice").await;
        let bob = app.with_token("bob").await;
        let bobs = bob.access_token().to_owned();
        alice.cookies.insert("__Host-access".into(), bobs);
        let page = alice.open("/lab").await.text();
        assert!(page.contains("No valid token came with this request"));
        let app_now = alice.open("/lab").await.text();
        assert!(app_now.contains("The token, decoded"), "the page has brought one of her own");
        // Two seconds of clock difference are forgiven.
        app.clock.advance_ms(303_000);
        assert!(alice.open("/lab").await.text().contains("No valid token"));
    }

    async fn a_visitor_sees_the_cookies_of_the_demo_user_also_when_its_token_is_dead_of_age(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        assert!(visitor.open("/lab").await.text().contains("as the demo browser holds them now"));
        app.clock.advance_ms(120_000);
        let page = visitor.open("/lab").await.text();
        let browser = visit_of(&app, &visitor).await.browser;
        let lab = app.lab();
        assert!(page.contains("The token, decoded") && page.contains("in 60 seconds"));
        assert_nothing_to_steal(&page, browser.session(&lab).expect("a session"), browser.token(&lab).expect("a token"));
        assert!(!app.anonymous().open("/lab").await.text().contains("The token, decoded"));
    }

    async fn a_run_is_kept_and_shown_with_its_figures(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        let answer = visitor.submit("measure_cost", &[("rounds", "100")], "/lab").await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(answer.header("location").starts_with("/lab?run=") && answer.header("location").ends_with("#cost"), "{}", answer.header("location"));
        let kept: Option<Measured> = visit_of(&app, &visitor).await.result(&app.lab(), NAME).await.expect("the results");
        let measured = kept.expect("a result");
        assert!((1..=100).contains(&measured.rounds) && measured.asked == 100 && measured.debug);
        for way in &measured.ways {
            assert_eq!(way.counts.iter().sum::<u32>(), measured.rounds, "{:?}", way.way);
            assert!(0 < way.p50_ns && way.p50_ns <= way.p95_ns && way.p95_ns <= way.p99_ns, "{way:?}");
        }
        let page = visitor.open("/lab").await.text();
        assert!(page.contains("This is a development build"));
        for way in Way::VARIANTS.iter().copied() {
            assert!(page.contains(&words::micros(measured.middle(way).expect("a way"))), "{way:?}");
        }
        for one in &measured.signing {
            assert!(page.contains(&words::micros(one.sign_ns)) && page.contains(&words::micros(one.verify_ns)), "{one:?}");
        }
        assert!(words::of_requests(&measured).iter().all(|sentence| page.contains(sentence.as_str())), "the sentence");
    }

    async fn a_run_needs_a_visit_and_a_number_that_is_offered_and_does_not_wait_for_long(app: TestApp) {
        let app = app.and_lab().await;
        assert_eq!(app.anonymous().act("measure_cost", &[("rounds", "100")]).await.status, 410);
        let mut visitor = visitor(&app).await;
        assert_eq!(visitor.act("measure_cost", &[("rounds", "100000")]).await.status, 400);
        let lab = app.lab();
        let measuring = take_turn(&lab).await.expect("nobody measures");
        let page = visitor.submit("measure_cost", &[("rounds", "100")], "/lab").await.text();
        let (top, section) = page.split_once("id=\"cost\"").expect("section 2");
        assert!(section.contains("Someone else is measuring right now.") && !top.contains("role=\"alert\""), "{page}");
        drop(measuring);
        assert_eq!(visitor.act("measure_cost", &[("rounds", "100")]).await.status, 200);
    }

    async fn the_probes_find_out_who_calls_and_no_address_leads_to_them(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        let (lab, mut browser) = (app.lab(), visit_of(&app, &visitor).await.browser);
        let mut nobody = browser.clone();
        nobody.cookies.clear();
        for way in Way::VARIANTS.iter().copied() {
            assert_eq!(probe(&lab, &browser, way).await, 200, "{way:?}");
            assert_eq!(probe(&lab, &nobody, way).await == 200, way == Way::Nothing, "{way:?} of nobody");
            assert_eq!(visitor.open(way.into_str()).await.status, 404, "{way:?} on the listener");
            assert_eq!(browser.ask(&lab, &Ask::page(way.into_str())).await.expect("an answer").status, 404, "{way:?} in the world");
        }
        let before = browser.clone();
        browser.send(&lab, &Ask::action("log_out", &[])).await.expect("an answer");
        for way in [Way::Session, Way::Warm, Way::Cold] {
            assert_ne!(probe(&lab, &before, way).await, 200, "{way:?} after the log-out");
        }
        assert_eq!(probe(&lab, &before, Way::Plain).await, 200, "who asks nobody hears of no log-out");
    }

    async fn a_cold_instance_reads_what_it_has_never_heard_of(app: TestApp) {
        let app = app.and_lab().await;
        let visitor = visitor(&app).await;
        let (lab, mut browser) = (app.lab(), visit_of(&app, &visitor).await.browser);
        let before = browser.clone();
        assert_eq!(probe(&lab, &before, Way::Cold).await, 200);
        browser.send(&lab, &Ask::action("log_out", &[])).await.expect("an answer");
        assert_eq!(probe(&lab, &before, Way::Cold).await, 401);
        let ours = app.services.measured().expect("metrics");
        assert!(ours.contains("begin_visit") && !ours.contains("/cold"), "our metrics know nothing of it: {ours}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_grow_with_what_they_say_and_sessions_do_not() {
    let app = TestApp::on(crate::base::db::Kind::Sqlite).await.and_lab().await;
    let lab = app.lab();
    let sizes = sizes::measure(&lab).await.expect("sizes");
    assert_eq!(sizes.algorithms, ["ES256", "EdDSA", "RS256", "HS256"]);
    assert!([0, 5, 10, 25, 50, 100].iter().all(|wanted| sizes.rows.iter().any(|row| row.permissions == *wanted)));
    for at in 0..4 {
        assert!(sizes.rows.is_sorted_by(|a, b| a.bytes[at] < b.bytes[at]), "{}", sizes.algorithms[at]);
    }
    let first = &sizes.rows[0].bytes;
    // A signature of 64, 64, 384 and 32 bytes, in base64url.
    assert_eq!((first[0], first[2], first[3]), (first[1], first[1] + 512 - 86, first[1] + 43 - 86));
    let mut visitor = visitor(&app).await;
    let both = format!("Both: {} bytes and more.", sizes.session_bytes + first[0]);
    assert!(visitor.open("/lab").await.text().contains(&both), "{both} with ES256, which signs here");
    let browser = visit_of(&app, &visitor).await.browser;
    let (session, token) = (browser.session(&lab).expect("a session"), browser.token(&lab).expect("a token"));
    assert_eq!(sizes.session_bytes, "__Host-session".len() + session.len());
    // Only the words that differ by their own length stand between the sample and a real one.
    assert!(first[0].abs_diff("__Host-access".len() + token.len()) < 20, "{} {}", first[0], token.len());
    let full = sizes.permissions_at(4_096).expect("a number");
    assert!((100..200).contains(&full), "{full}");
}

#[tokio::test]
async fn every_claim_of_our_tokens_is_explained() {
    let app = TestApp::on(crate::base::db::Kind::Sqlite).await;
    let json = serde_json::to_value(samples::claims(&app.services.state)).expect("claims");
    let said: BTreeSet<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(said, CLAIMS.iter().map(|known| known.name).collect());
}

#[test]
fn percentiles_and_steps_are_those_of_the_numbers() {
    let numbers: Vec<u64> = (1..=200).rev().collect();
    assert_eq!(percentiles(numbers, [50, 95, 99]), [100, 190, 198]);
    assert_eq!((percentiles(vec![7_u64], [99]), percentiles(Vec::<u64>::new(), [50])), ([7], [0]));
    assert_eq!([0, 999, 1_000, 1_258, 1_259, 10_000, u64::MAX].map(step), [0, 0, 0, 0, 1, 10, 69]);
    assert!((step_ns(10) - 10_000.0).abs() < 1e-6);
}

#[test]
fn figures_are_told_as_they_are() {
    assert_eq!([8_449, 19_960, 115_600, 2_310_400].map(words::micros), ["8.4 µs", "20 µs", "116 µs", "2,310 µs"]);
    assert_eq!(words::times(310, 100), "3.1 times");
    assert_eq!(words::times(1_240, 100), "12 times");
}

#[test]
fn the_words_hold_for_any_figures() {
    let told = |ns: [u64; 5]| {
        let spread = |(way, p50_ns)| Spread { way, p50_ns, p95_ns: p50_ns, p99_ns: p50_ns, counts: Vec::new() };
        let ways = Way::VARIANTS.iter().copied().zip(ns).map(spread).collect();
        let (database, algorithm) = (String::new(), String::new());
        let (at_ms, asked, rounds, debug, signatures, signing) = (0, 1, 1, false, 1, Vec::new());
        words::of_requests(&Measured { at_ms, asked, rounds, database, debug, algorithm, ways, signatures, signing })
    };
    // Without authentication, plain, warm, session, cold.
    let quick_token = told([6_000, 90_000, 5_100, 144_000, 200_000]);
    assert!(quick_token[0].ends_with(": 144 µs against 5.1 µs."), "{}", quick_token[0]);
    let alone = "Without authentication a request takes 6.0 µs.";
    let expected = [alone, "With a session it takes 138 µs more, with a token not measurably more."].join(" ");
    assert_eq!(quick_token[1], expected);
    let quick_session = told([6_000, 90_000, 9_000, 6_500, 200_000]);
    let expected = [alone, "With a session it takes not measurably more, with a token 3.0 µs more."].join(" ");
    assert_eq!(quick_session[1], expected);
}
