//! The second factor: codes of an app, recovery codes, trusted devices, and the half of a log-in that waits for them.

use futures::future::join_all;
use totp_rs::Secret;

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::{
    auth::{links::Purpose, second_factor::authenticator::Authenticator},
    base::finding::State,
    cli::doctor::keys::second_factors,
};

const STEP_MS: i64 = 30_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const HALF: &str = "__Host-log-in";

/// Somebody with a second factor: the browser in which it was turned on, the app, the codes on paper.
pub struct Person {
    pub caller: Caller,
    pub app: Authenticator,
    pub recovery: Vec<String>,
}

impl TestApp {
    /// Signs up `name`, with a confirmed e-mail.
    pub async fn confirmed(&self, name: &str) -> Caller {
        let caller = self.logged_in(name).await;
        self.verify(name).await;
        caller
    }

    /// Turns the second factor on, and waits for the next code.
    pub async fn with_second_factor(&self, name: &str) -> Person {
        let mut caller = self.confirmed(name).await;
        assert_eq!(caller.act("start_second_factor", &[]).await.status, 200);
        let app = shared_with(&mut caller).await;
        let code = app.code_at(self.clock.now_ms());
        let answer = caller.act("turn_on_second_factor", &[("code", &code)]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (200, "/account/second-factor/codes"),
            "{}",
            answer.text()
        );
        let recovery = codes_on(&caller.open("/account/second-factor/codes").await);
        self.clock.advance_ms(STEP_MS);
        Person { caller, app, recovery }
    }

    /// Gives the right password in a browser that nobody has used: half a log-in.
    async fn half_logged_in(&self, name: &str) -> Caller {
        let mut caller = self.anonymous();
        expect_code_page(&caller.log_in(name, PASSWORD).await);
        caller
    }

    pub fn code(&self, app: &Authenticator) -> String {
        app.code_at(self.clock.now_ms())
    }

    /// Many tries are looked at: what is tested is not the throttle.
    async fn patient(self) -> Self {
        Self::with(self.kind(), &["--tries-per-account", "100", "--tries-per-network", "1000"]).await
    }
}

/// What the person's app makes of the secret on the page.
pub async fn shared_with(caller: &mut Caller) -> Authenticator {
    let page = caller.open("/account/second-factor/set-up").await;
    assert_eq!(page.status, 200, "{}", page.header("location"));
    let secret = between(&page.text(), "id=\"secret\">", "</code>").replace(' ', "");
    let secret = Secret::try_from_base32(&secret).expect("base32");
    assert_eq!(secret.as_ref().len() * 8, 160);
    Authenticator::of(secret.as_ref().to_vec()).expect("a secret")
}

fn codes_on(page: &Answer) -> Vec<String> {
    let codes = between(&page.text(), "<pre class=\"codes\">", "</pre>");
    codes.lines().map(str::to_owned).collect()
}

fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).expect("an end").0.to_owned()
}

pub fn expect_code_page(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, "/login/code"), "{}", answer.text());
    assert!(answer.set_cookie("__Host-session").is_empty(), "no session yet");
}

pub async fn enter(caller: &mut Caller, code: &str) -> Answer {
    caller.act("enter_code", &[("code", code)]).await
}

fn expect_in(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, "/dashboard"), "{}", answer.text());
    assert!(!answer.set_cookie("__Host-session").is_empty());
}

fn expect_refusal(answer: &Answer, status: u16, word: &str) {
    assert_eq!((answer.status, answer.text()), (status, format!("\"{word}\"")));
    assert!(answer.set_cookie("__Host-session").is_empty(), "no session");
}

/// Sends the same code from this many browsers at once; how many got in.
async fn at_once(app: &TestApp, name: &str, code: &str, times: usize) -> usize {
    let mut callers = Vec::new();
    for _ in 0..times {
        callers.push(app.half_logged_in(name).await);
    }
    let word = if code.len() == 6 { "WrongCode" } else { "WrongRecoveryCode" };
    let tries = callers.into_iter().map(|mut caller| {
        let code = code.to_owned();
        tokio::spawn(async move { enter(&mut caller, &code).await })
    });
    let answers = join_all(tries).await.into_iter().map(|answer| answer.expect("no panic"));
    answers
        .filter(|answer| match answer.status {
            200 => true,
            _ => {
                expect_refusal(answer, 422, word);
                false
            }
        })
        .count()
}

/// Appendix B of the RFC has eight digits; six of them are the last six.
#[test]
fn the_codes_are_those_of_rfc_6238() {
    let app = Authenticator::of(b"12345678901234567890".to_vec()).expect("a secret");
    let vectors = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, code) in vectors {
        assert_eq!(app.code_at(seconds * 1000), code);
        assert_eq!(app.step_of(code, seconds * 1000), Some(seconds / 30));
    }
}

/// Each digit of a code as the digit of a script whose nought this is.
fn in_digits_from(nought: char, code: &str) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(nought) + digit));
    code.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

on_both_databases! {
    async fn digits_of_every_script_are_digits(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        // Full width, Arabic, Persian, Hindi, Thai, and bold ones of mathematics, which stand beside other tens.
        for nought in ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{e50}', '\u{1d7ce}', '\u{1d7d8}'] {
            app.clock.advance_ms(STEP_MS);
            let mut caller = app.half_logged_in("alice").await;
            let code = in_digits_from(nought, &app.code(&alice.app));
            expect_in(&enter(&mut caller, &format!("{code} ")).await);
        }
        for (code, nought) in alice.recovery.iter().zip(['\u{ff10}', '\u{660}', '\u{9e6}']) {
            let mut caller = app.half_logged_in("alice").await;
            expect_in(&enter(&mut caller, &in_digits_from(nought, code)).await);
        }
        let mut caller = app.half_logged_in("alice").await;
        for malformed in ["½½½½½½", "ⅠⅡⅢⅣⅤⅥ", "一二三四五六", "12345\u{662}3"] {
            let answer = enter(&mut caller, malformed).await;
            assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["CodeMalformed"]}"#.into()), "{malformed}");
        }
    }

    async fn after_the_password_log_in_asks_for_a_code_and_then_goes_on(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.anonymous();
        let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", "/notes"), ("remember", "on")];
        expect_code_page(&caller.act("log_in", &fields).await);
        assert!(caller.open("/login/code").await.text().contains("one-time-code"));
        let spaced = app.code(&alice.app);
        let answer = enter(&mut caller, &format!(" {} {} ", &spaced[..3], &spaced[3..])).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/notes"), "{}", answer.text());
        assert!(answer.set_cookie("__Host-session").contains("Max-Age"), "remembered");
        assert!(answer.set_cookie(HALF).contains("Max-Age=0"));
        assert_eq!(caller.open("/notes").await.status, 200);
        // Who is in has nothing to do there.
        let answer = caller.open("/login/code").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/dashboard"));
    }

    async fn without_javascript_the_code_is_asked_for_on_a_page_of_its_own(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.anonymous();
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = caller.submit("log_in", &fields, "/login").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login/code"));
        let answer = caller.submit("enter_code", &[("code", "000000"), ("trust", "on")], "/login/code").await;
        let page = answer.text();
        assert!(answer.status == 422 && page.contains("That code is wrong") && page.contains("checked"), "{page}");
        let answer = caller.submit("enter_code", &[("code", &app.code(&alice.app))], "/login/code").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/dashboard"));
        assert_eq!(caller.open("/dashboard").await.status, 200);
    }

    async fn a_wrong_recovery_code_is_told_so_and_nobody_waits_for_the_next_one(app: TestApp) {
        app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        for (typed, words) in [
            ("aaaaa-bbbbb", "That recovery code is wrong or has already been used. Try another one."),
            ("aaaaa-bbbb", "Enter a recovery code: 10 letters and digits."),
            ("12345", "Enter a 6-digit code."),
        ] {
            let answer = caller.submit("enter_code", &[("code", typed)], "/login/code?with=recovery").await;
            let page = answer.text();
            assert!(answer.status == 422 && page.contains(words) && !page.contains("Wait for the next one"), "{typed}: {page}");
        }
        // Where the second factor is turned on only the app has codes.
        let mut bob = app.confirmed("bob").await;
        assert_eq!(bob.act("start_second_factor", &[]).await.status, 200);
        for typed in ["aaaaa-bbbbb", "abc"] {
            let answer = bob.act("turn_on_second_factor", &[("code", typed)]).await;
            assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["CodeMalformed"]}"#.into()), "{typed}");
        }
    }

    async fn half_a_log_in_opens_nothing(app: TestApp) {
        app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        for path in ["/dashboard", "/notes", "/account/second-factor", "/account/password", "/confirm"] {
            let answer = caller.open(path).await;
            assert_eq!(answer.status, 303, "{path}");
            assert!(answer.header("location").starts_with("/login?next="), "{path}");
        }
        assert_eq!(caller.renew().await.status, 401);
        assert_eq!(caller.api(axum::http::Method::GET, "/api/v1/me", None).await.status, 401);
        for action in ["end_other_sessions", "turn_off_second_factor", "make_recovery_codes", "start_second_factor"] {
            expect_refusal(&caller.act(action, &[]).await, 401, "NotLoggedIn");
        }
        let fields = [("password", PASSWORD), ("new_password", "violet lantern under seven bridges")];
        expect_refusal(&caller.act("change_password", &fields).await, 401, "NotLoggedIn");
        assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 1, "the first browser's");
    }

    async fn a_wrong_password_tells_nothing_of_a_second_factor(app: TestApp) {
        app.with_second_factor("alice").await;
        app.logged_in("bob").await;
        let (alice, bob) = (app.anonymous().log_in("alice", "wrong").await, app.anonymous().log_in("bob", "wrong").await);
        assert_eq!((alice.status, alice.text()), (bob.status, bob.text()));
        assert!(alice.set_cookie(HALF).is_empty());
    }

    async fn the_step_before_and_the_one_after_count_and_no_other(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        app.clock.advance_ms(10 * STEP_MS);
        let now_ms = app.clock.now_ms();
        for (steps, counts) in [(-2, false), (2, false), (-1, true), (1, true)] {
            let mut caller = app.half_logged_in("alice").await;
            let answer = enter(&mut caller, &alice.app.code_at(now_ms + steps * STEP_MS)).await;
            if counts { expect_in(&answer) } else { expect_refusal(&answer, 422, "WrongCode") }
        }
    }

    async fn a_code_counts_once_and_no_older_one_after_it(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        app.clock.advance_ms(10 * STEP_MS);
        let (before, now) = (alice.app.code_at(app.clock.now_ms() - STEP_MS), app.code(&alice.app));
        expect_in(&enter(&mut app.half_logged_in("alice").await, &now).await);
        for code in [now, before] {
            expect_refusal(&enter(&mut app.half_logged_in("alice").await, &code).await, 422, "WrongCode");
        }
    }

    async fn the_code_that_turned_it_on_does_not_log_in(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let first = alice.app.code_at(app.clock.now_ms() - STEP_MS);
        expect_refusal(&enter(&mut app.half_logged_in("alice").await, &first).await, 422, "WrongCode");
    }

    async fn of_twenty_log_ins_with_one_code_at_once_one_gets_in(app: TestApp) {
        let app = app.patient().await;
        let alice = app.with_second_factor("alice").await;
        assert_eq!(at_once(&app, "alice", &app.code(&alice.app), 20).await, 1);
    }

    async fn a_recovery_code_lets_in_once_also_of_twenty_at_once(app: TestApp) {
        let app = app.patient().await;
        let alice = app.with_second_factor("alice").await;
        let (first, second) = (&alice.recovery[0], &alice.recovery[1]);
        assert_eq!(at_once(&app, "alice", first, 20).await, 1);
        // In any case, with or without the dash, with a space.
        let typed = format!(" {} ", second.to_uppercase().replace('-', " "));
        expect_in(&enter(&mut app.half_logged_in("alice").await, &typed).await);
        expect_refusal(&enter(&mut app.half_logged_in("alice").await, second).await, 422, "WrongRecoveryCode");
        // The app goes on working.
        expect_in(&enter(&mut app.half_logged_in("alice").await, &app.code(&alice.app)).await);
    }

    async fn a_factor_that_another_secret_key_has_sealed_is_told_and_the_doctor_finds_it(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let (state, secret) = (&app.services.state, &app.services.secret);
        assert!(second_factors(state, secret).await.is_none());
        let change = "update totp set secret_sealed = 'of another key'";
        sqlx::query(change).execute(&state.db.pool).await.expect("a change");
        for code in [&*app.code(&alice.app), "aaaaa-bbbbb"] {
            let mut half = app.half_logged_in("alice").await;
            expect_refusal(&enter(&mut half, code).await, 503, "FactorUnreadable");
            let answer = half.submit("enter_code", &[("code", code)], "/login/code").await;
            assert!(answer.text().contains("Contact an administrator."), "{}", answer.text());
        }
        let found = second_factors(state, secret).await.expect("a finding");
        assert!(found.state == State::Error && found.message.starts_with("1 user can't log in"), "{found:?}");
    }

    async fn a_recovery_code_is_of_one_account(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        app.with_second_factor("bob").await;
        expect_refusal(&enter(&mut app.half_logged_in("bob").await, &alice.recovery[0]).await, 422, "WrongRecoveryCode");
    }

    async fn a_used_recovery_code_is_told_and_few_left_are_pointed_out(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        for code in &alice.recovery[..6] {
            expect_in(&enter(&mut app.half_logged_in("alice").await, code).await);
        }
        assert!(!alice.caller.open("/dashboard").await.text().contains("recovery codes left"));
        expect_in(&enter(&mut app.half_logged_in("alice").await, &alice.recovery[6]).await);
        for page in ["/dashboard", "/account/second-factor"] {
            assert!(alice.caller.open(page).await.text().contains("3 recovery codes left"), "{page}");
        }
        assert_eq!(app.count("select count(*) from audit_events where event = 'recovery_code_used'").await, 7);
        assert_eq!(app.count("select count(*) from audit_events where event = 'recovery_code_used' and details like '%\"left\":3%'").await, 1);
        assert_eq!(app.count("select count(*) from outbox where mail like '%recovery_code_used%'").await, 7);
    }

    async fn who_logs_in_with_a_recovery_code_sees_how_many_are_left_and_is_told_by_mail(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut phone = app.half_logged_in("alice").await;
        expect_in(&enter(&mut phone, &alice.recovery[0]).await);
        let page = phone.open("/dashboard").await.text();
        assert!(page.contains("You used a recovery code to log in. You have 9 recovery codes left."), "{page}");
        let page = phone.open("/account/activity").await.text();
        assert!(page.contains("You used a recovery code (9 left)."), "{page}");
        let mut with_app = app.half_logged_in("alice").await;
        expect_in(&enter(&mut with_app, &app.code(&alice.app)).await);
        assert!(!with_app.open("/dashboard").await.text().contains("recovery codes left"), "not this one");
        app.clock.advance_ms(11 * MINUTE_MS);
        assert!(!phone.open("/dashboard").await.text().contains("recovery codes left"), "it is known by now");

        let mail = app.services.mail_worker.claim(100).await.expect("the outbox").into_iter();
        let used = mail.into_iter().find(|row| row.mail.contains("recovery_code_used")).expect("a mail");
        let letter = crate::mail::write::write(&app.services.state, "http://localhost:3000", &used).await.expect("a letter");
        assert!(format!("{letter:?}").contains("You have 9 left."), "{letter:?}");
    }

    async fn new_recovery_codes_are_asked_about_first_and_the_page_says_that_the_old_ones_are_gone(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let page = alice.caller.open("/account/second-factor").await.text();
        let question = between(&page, "<details class=\"question\">", "</details>");
        assert!(question.contains("Replace your 10 recovery codes? They stop working at once"), "{question}");
        assert!(question.contains("action=\"/actions/make_recovery_codes\"") && question.contains("Replace codes"), "{question}");
        let answer = alice.caller.submit("make_recovery_codes", &[], "/account/second-factor").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/second-factor/codes"));
        let page = alice.caller.open("/account/second-factor/codes").await;
        assert!(page.text().contains("New recovery codes created. Your old codes no longer work."), "{}", page.text());
        let new = codes_on(&page);
        assert!(new.len() == 10 && !new.contains(&alice.recovery[0]));
        expect_refusal(&enter(&mut app.half_logged_in("alice").await, &alice.recovery[0]).await, 422, "WrongRecoveryCode");
    }

    async fn starting_over_says_that_the_key_is_another_one_and_no_set_up_promises_codes(app: TestApp) {
        let mut alice = app.confirmed("alice").await;
        for again in [false, true] {
            let answer = alice.submit("start_second_factor", &[], "/account/second-factor").await;
            assert_eq!((answer.status, answer.header("location")), (303, "/account/second-factor/set-up"));
            let page = alice.open("/account/second-factor/set-up").await.text();
            assert_eq!(page.contains("New key created."), again, "{page}");
        }
        let page = alice.open("/account/second-factor/codes").await.text();
        assert!(page.contains("so you have no recovery codes") && !page.contains("create new ones"), "{page}");
    }

    async fn whatever_is_no_code_of_the_app_is_told_of_six_digits_at_set_up(app: TestApp) {
        let mut alice = app.confirmed("alice").await;
        alice.act("start_second_factor", &[]).await;
        for typed in ["12345", "1234567", "abcdef", "aaaaa-bbbbb"] {
            let answer = alice.submit("turn_on_second_factor", &[("code", typed)], "/account/second-factor/set-up").await;
            let page = answer.text();
            assert!(answer.status == 422 && page.contains("Enter a 6-digit code."), "{typed}: {page}");
            assert!(!page.contains("recovery code"), "{typed}: {page}");
        }
    }

    async fn who_reads_the_mail_gets_no_new_tries_of_the_code_with_each_reset(app: TestApp) {
        app.with_second_factor("alice").await;
        let mut looked_at = 0;
        for password in ["nine loud kettles sing", "ten quiet kettles hum"] {
            let token = app.link(Purpose::Reset, "alice").await;
            let mut thief = app.anonymous();
            thief.open_link(Purpose::Reset, &token).await;
            assert_eq!(thief.act("reset_password", &[("password", password)]).await.status, 200);
            expect_code_page(&thief.log_in("alice", password).await);
            while enter(&mut thief, "aaaaa-aaaaa").await.status == 422 {
                looked_at += 1;
            }
        }
        assert_eq!(looked_at, 5, "a reset makes its browser a known one");
    }

    async fn wrong_codes_are_counted_slowed_down_and_written_down(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        let mut tries = 0;
        let refused = loop {
            let answer = enter(&mut caller, "000000").await;
            if answer.status == 429 || tries > 50 {
                break answer;
            }
            expect_refusal(&answer, 422, "WrongCode");
            tries += 1;
        };
        assert_eq!(refused.status, 429, "after {tries}");
        assert!(!refused.header("retry-after").is_empty());
        // The right one waits, too.
        assert_eq!(enter(&mut caller, &app.code(&alice.app)).await.status, 429);
        assert_eq!(app.count("select count(*) from audit_events where event = 'second_factor_failed'").await, tries);
        // What is no code at all is no try.
        assert_eq!(enter(&mut caller, "12345").await.text(), r#"{"Invalid":["CodeMalformed"]}"#);
        assert_eq!(enter(&mut caller, " ").await.text(), r#"{"Invalid":["CodeMissing"]}"#);
        // What is said of it is about the code that the page asked for.
        let page = caller.open("/login/code?with=recovery").await.text();
        assert!(page.contains("name=\"with\" value=\"recovery\""), "{page}");
        let answer = caller.act("enter_code", &[("code", "12345"), ("with", "recovery")]).await;
        assert_eq!(answer.text(), r#"{"Invalid":["RecoveryCodeMalformed"]}"#);
        // There is no lock for good.
        app.clock.advance_ms(5 * MINUTE_MS);
        expect_in(&enter(&mut caller, &app.code(&alice.app)).await);
    }

    async fn a_half_log_in_ends_after_ten_minutes(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        app.clock.advance_ms(10 * MINUTE_MS - 1);
        assert_eq!(caller.open("/login/code").await.status, 200);
        app.clock.advance_ms(1);
        let answer = caller.open("/login/code").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
        expect_refusal(&enter(&mut caller, &app.code(&alice.app)).await, 401, "LogInAgain");
        expect_refusal(&enter(&mut app.anonymous(), "123456").await, 401, "LogInAgain");
    }

    async fn without_javascript_who_took_too_long_is_told_on_the_log_in_page(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        app.clock.advance_ms(10 * MINUTE_MS);
        let answer = caller.submit("enter_code", &[("code", &app.code(&alice.app))], "/login/code").await;
        let page = answer.text();
        assert!(page.contains("This login has expired.") && page.contains("action=\"/actions/log_in\""), "{page}");
        assert!(!caller.cookies.contains_key(HALF));
    }

    async fn a_half_log_in_dies_with_whatever_changes_the_account(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let mut admin = app.admin().await;
        let (mut at_password, mut at_force) = (app.half_logged_in("alice").await, app.half_logged_in("alice").await);
        let id = app.user("alice").await.id;
        app.force_logout(&mut admin, &id).await;
        expect_refusal(&enter(&mut at_force, &app.code(&alice.app)).await, 401, "LogInAgain");

        alice.caller = app.half_logged_in("alice").await;
        expect_in(&enter(&mut alice.caller, &app.code(&alice.app)).await);
        app.clock.advance_ms(STEP_MS);
        at_password.cookies = app.half_logged_in("alice").await.cookies;
        let fields = [("password", PASSWORD), ("new_password", "violet lantern under seven bridges")];
        assert_eq!(alice.caller.act("change_password", &fields).await.status, 200);
        expect_refusal(&enter(&mut at_password, &app.code(&alice.app)).await, 401, "LogInAgain");

        let mut at_disable = app.anonymous();
        expect_code_page(&at_disable.log_in("alice", "violet lantern under seven bridges").await);
        let statement = "update users set disabled_at = 1 where email = 'alice@example.com'";
        sqlx::query(statement).execute(&app.services.state.db.pool).await.expect("disabled");
        expect_refusal(&enter(&mut at_disable, &app.code(&alice.app)).await, 401, "LogInAgain");
    }

    async fn a_hash_that_the_password_outgrew_is_made_anew_and_the_code_still_counts(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let (_, risen) = app.another_instance_where(|config| config.argon2_passes = 2).await;
        let mut caller = app.anonymous().at(risen);
        let before = app.user("alice").await.password_hash;
        expect_code_page(&caller.log_in("alice", PASSWORD).await);
        assert_ne!(app.user("alice").await.password_hash, before);
        expect_in(&enter(&mut caller, &app.code(&alice.app)).await);
    }

    async fn a_half_log_in_cannot_be_made_up_or_used_twice(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let caller = app.half_logged_in("alice").await;
        let sealed = caller.cookies[HALF].clone();
        let mut flipped = sealed.clone().into_bytes();
        flipped[40] = if flipped[40] == b'A' { b'B' } else { b'A' };
        let other_seal = app.services.secret.seal("something else", b"{}").expect("sealed");
        for value in ["", "x", &String::from_utf8(flipped).expect("text"), &other_seal] {
            let mut forger = app.anonymous();
            forger.cookies.insert(HALF.into(), value.into());
            expect_refusal(&enter(&mut forger, &app.code(&alice.app)).await, 401, "LogInAgain");
        }
        let mut thief = caller.copy();
        assert_eq!(thief.open("/login/code").await.status, 200);
        expect_in(&enter(&mut caller.copy(), &app.code(&alice.app)).await);
        app.clock.advance_ms(STEP_MS);
        expect_refusal(&enter(&mut thief.copy(), &app.code(&alice.app)).await, 401, "LogInAgain");
        expect_refusal(&enter(&mut thief.copy(), &alice.recovery[0]).await, 401, "LogInAgain");
        assert_eq!(thief.open("/login/code").await.status, 303);
        // No code was spent on that, and the owner gets in anew.
        expect_in(&enter(&mut app.half_logged_in("alice").await, &app.code(&alice.app)).await);
        app.clock.advance_ms(2 * DAY_MS);
        remove_old_rows(&app.services.state).await;
        assert_eq!(app.count("select count(*) from used_half_log_ins").await, 0);
    }

    async fn of_two_with_one_half_log_in_and_a_code_each_one_gets_in(app: TestApp) {
        let app = app.patient().await;
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.half_logged_in("alice").await;
        assert_eq!(caller.open("/login/code").await.status, 200);
        let tries = alice.recovery.iter().map(|code| {
            let (mut caller, code) = (caller.copy(), code.clone());
            tokio::spawn(async move { enter(&mut caller, &code).await.status })
        });
        let mut answers: Vec<u16> = join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        answers.sort_unstable();
        assert_eq!(answers, [&[200][..], &[401; 9][..]].concat());
        assert_eq!(app.count("select count(*) from recovery_codes where used_at is not null").await, 1);
    }

    async fn the_code_page_names_the_account_and_takes_a_code_for_no_other(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let bob = app.with_second_factor("bob").await;
        let mut first_tab = app.half_logged_in("alice").await;
        assert!(first_tab.open("/login/code").await.text().contains("alice@example.com"));
        let mut second_tab = first_tab.copy();
        expect_code_page(&second_tab.log_in("bob", PASSWORD).await);
        assert!(second_tab.open("/login/code").await.text().contains("bob@example.com"));
        // Both tabs are of one browser.
        first_tab.cookies.clone_from(&second_tab.cookies);
        for code in [app.code(&alice.app), app.code(&bob.app)] {
            expect_refusal(&enter(&mut first_tab, &code).await, 409, "OtherLogIn");
        }
        let answer = first_tab.submit("enter_code", &[("code", &app.code(&bob.app))], "/login/code").await;
        let page = answer.text();
        assert!(page.contains("You have started another login since") && page.contains("bob@example.com"), "{page}");
        assert!(!first_tab.cookies.contains_key("__Host-session"));
        expect_in(&enter(&mut second_tab, &app.code(&bob.app)).await);
        assert!(second_tab.open("/account/profile").await.text().contains("bob@example.com"));
    }

    async fn cookies_of_other_applications_do_not_keep_the_code_out(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut caller = app.anonymous();
        caller.cookies_of_others = "city=Zürich".into();
        expect_code_page(&caller.log_in("alice", PASSWORD).await);
        expect_in(&enter(&mut caller, &app.code(&alice.app)).await);
    }

    async fn it_is_set_up_with_a_confirmed_address_and_a_fresh_proof(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        expect_refusal(&alice.act("start_second_factor", &[]).await, 403, "NotVerified");
        assert!(alice.open("/account/second-factor").await.text().contains("Confirm your email address first"));
        let mut bob = app.confirmed("bob").await;
        app.clock.advance_ms(10 * MINUTE_MS);
        for action in ["start_second_factor", "make_recovery_codes", "turn_off_second_factor"] {
            expect_refusal(&bob.act(action, &[]).await, 401, "ProofNeeded");
        }
        expect_refusal(&bob.act("turn_on_second_factor", &[("code", "123456")]).await, 401, "ProofNeeded");
        assert_eq!(bob.act("start_second_factor", &[("password", PASSWORD)]).await.status, 200);
        assert_eq!(bob.open("/account/second-factor/set-up").await.status, 200);
        app.clock.advance_ms(10 * MINUTE_MS);
        let answer = bob.open("/account/second-factor/set-up").await;
        assert!(answer.header("location").starts_with("/confirm?next="), "the secret is not left on a screen");
    }

    async fn an_unfinished_set_up_asks_nobody_and_shows_the_same_secret_until_it_is_begun_anew(app: TestApp) {
        let mut alice = app.confirmed("alice").await;
        assert_eq!(alice.open("/account/second-factor/set-up").await.status, 303);
        assert_eq!(alice.act("start_second_factor", &[]).await.status, 200);
        let (first, again) = (shared_with(&mut alice).await, shared_with(&mut alice).await);
        assert_eq!(app.code(&first), app.code(&again));
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.header("location"), "/dashboard");
        assert_eq!(alice.act("start_second_factor", &[]).await.status, 200);
        let second = shared_with(&mut alice).await;
        expect_refusal(&alice.act("turn_on_second_factor", &[("code", &app.code(&first))]).await, 422, "WrongCode");
        assert_eq!(alice.act("turn_on_second_factor", &[("code", &app.code(&second))]).await.status, 200);
        // It is on: neither its secret nor another one is to be had.
        let answer = alice.act("start_second_factor", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/account/second-factor"));
        assert_eq!(alice.open("/account/second-factor/set-up").await.header("location"), "/account/second-factor");
    }

    async fn the_page_draws_the_secret_and_names_the_account(app: TestApp) {
        let mut alice = app.confirmed("alice").await;
        alice.act("start_second_factor", &[]).await;
        let answer = alice.open("/account/second-factor/set-up").await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let html = answer.text();
        let secret = between(&html, "id=\"secret\">", "</code>").replace(' ', "");
        let link = format!("otpauth://totp/Latchkey%20%40%20localhost:alice%40example.com?secret={secret}&amp;issuer=Latchkey%20%40%20localhost");
        assert!(html.contains(&link), "{html}");
        assert!(html.contains("<svg") && html.contains("aria-label=\"QR code"));
    }

    async fn a_code_is_used_up_by_a_log_in_that_succeeds_and_by_no_other(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        for code in [app.code(&alice.app), alice.recovery[0].clone()] {
            let mut browser = app.half_logged_in("alice").await;
            app.refuse("insert on sessions", "true").await;
            let answer = enter(&mut browser, &code).await;
            assert_eq!(answer.status, 500, "{}", answer.text());
            assert!(answer.set_cookie("__Host-session").is_empty());
            app.allow("sessions").await;
            expect_in(&enter(&mut browser, &code).await);
        }
    }

    async fn a_device_that_cannot_be_trusted_is_logged_in_all_the_same(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut browser = app.half_logged_in("alice").await;
        app.refuse("insert on audit_events", "new.event = 'device_trusted'").await;
        let code = app.code(&alice.app);
        expect_in(&browser.act("enter_code", &[("code", &code), ("trust", "on")]).await);
        assert_eq!(browser.open("/dashboard").await.status, 200);
    }

    async fn recovery_codes_are_shown_although_the_secret_stays(app: TestApp) {
        let mut alice = app.confirmed("alice").await;
        alice.act("start_second_factor", &[]).await;
        let authenticator = shared_with(&mut alice).await;
        app.refuse("update of id_hash on sessions", "true").await;
        let code = app.code(&authenticator);
        let answer = alice.submit("turn_on_second_factor", &[("code", &code)], "/account/second-factor/set-up").await;
        assert_eq!(answer.header("location"), "/account/second-factor/codes");
        assert_eq!(codes_on(&alice.open("/account/second-factor/codes").await).len(), 10);
    }

    async fn turning_it_on_and_off_logs_out_the_others_and_is_written_down(app: TestApp) {
        let mut phone = app.confirmed("alice").await;
        let mut alice = app.logged_in_again("alice").await;
        let before = alice.cookies["__Host-session"].clone();
        alice.act("start_second_factor", &[]).await;
        let authenticator = shared_with(&mut alice).await;
        let answer = alice.act("turn_on_second_factor", &[("code", &app.code(&authenticator))]).await;
        assert_eq!(answer.json()["sessions_ended"], 1);
        assert_ne!(alice.cookies["__Host-session"], before, "a new secret");
        phone.open("/dashboard").await;
        assert!(phone.open("/login").await.text().contains("two-factor authentication was turned on or off on another device"));

        app.clock.advance_ms(STEP_MS);
        let mut phone = app.half_logged_in("alice").await;
        expect_in(&enter(&mut phone, &app.code(&authenticator)).await);
        let answer = alice.act("turn_off_second_factor", &[]).await;
        assert_eq!((answer.status, answer.json()["sessions_ended"].as_u64()), (200, Some(1)));
        assert_eq!(phone.open("/dashboard").await.status, 303);
        assert!(alice.open("/account/second-factor").await.text().contains("Two-factor authentication is off."));
        assert_eq!(app.count("select count(*) from totp").await + app.count("select count(*) from recovery_codes").await, 0);
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.header("location"), "/dashboard");
        for event in ["second_factor_on", "second_factor_off"] {
            assert!(alice.open("/dashboard").await.status == 200, "{event}");
        }
        assert_eq!(app.count("select count(*) from audit_events where event in ('second_factor_on', 'second_factor_off')").await, 2);
        assert_eq!(app.count("select count(*) from outbox where mail like '%second_factor_o%'").await, 2);
    }

    async fn recovery_codes_are_shown_once_and_only_where_they_were_made(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        assert_eq!(alice.recovery.len(), 10);
        assert!(alice.recovery.iter().all(|code| code.len() == 11 && code.as_bytes()[5] == b'-'), "{:?}", alice.recovery);
        assert!(alice.caller.open("/account/second-factor/codes").await.text().contains("only once"));
        assert_eq!(alice.caller.act("make_recovery_codes", &[]).await.status, 200);
        // Somebody else who gets hold of the cookie sees nothing.
        let mut bob = app.logged_in("bob").await;
        let handed = alice.caller.cookies["__Host-flash"].clone();
        assert!(handed.len() < 1_000 && !handed.contains(&alice.recovery[0]));
        bob.cookies.insert("__Host-flash".into(), handed);
        assert!(bob.open("/account/second-factor/codes").await.text().contains("so you have no recovery codes"));
        let page = alice.caller.open("/account/second-factor/codes").await;
        assert_eq!(page.header("cache-control"), "no-store");
        let new = codes_on(&page);
        // Those before are dead at once.
        expect_refusal(&enter(&mut app.half_logged_in("alice").await, &alice.recovery[0]).await, 422, "WrongRecoveryCode");
        expect_in(&enter(&mut app.half_logged_in("alice").await, &new[0]).await);
    }

    async fn recovery_codes_that_wait_outlive_a_proof_in_another_tab(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await.caller;
        assert_eq!(alice.act("make_recovery_codes", &[]).await.status, 200);
        let answer = alice.act("confirm", &[("password", PASSWORD), ("next", "/notes")]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/notes"));
        assert_eq!(codes_on(&alice.open("/account/second-factor/codes").await).len(), 10);
    }

    async fn of_lists_that_are_made_at_once_one_is_good(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let tries = (0..8).map(|_| {
            let mut caller = alice.caller.copy();
            tokio::spawn(async move { caller.act("make_recovery_codes", &[]).await.status })
        });
        for status in join_all(tries).await {
            assert_eq!(status.expect("no panic"), 200);
        }
        assert_eq!(app.count("select count(*) from recovery_codes").await, 10);
    }

    async fn recovery_codes_are_downloaded_from_the_page_that_shows_them(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        alice.caller.act("make_recovery_codes", &[]).await;
        let page = alice.caller.open("/account/second-factor/codes").await;
        let sealed = between(&page.text(), "name=\"codes\" value=\"", "\"");
        let answer = download(&mut alice.caller, &sealed).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
        assert!(answer.header("content-disposition").starts_with("attachment; filename="));
        assert_eq!(answer.header("cache-control"), "no-store");
        for code in codes_on(&page) {
            assert!(answer.text().contains(&code));
        }
        let mut bob = app.logged_in("bob").await;
        assert_eq!(download(&mut bob, &sealed).await.status, 404);
        assert_eq!(download(&mut app.anonymous(), &sealed).await.status, 401);
    }

    async fn a_trusted_device_is_asked_for_no_code_for_thirty_days(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let mut laptop = app.half_logged_in("alice").await;
        let fields = [("code", &*app.code(&alice.app)), ("trust", "on")];
        expect_in(&laptop.act("enter_code", &fields).await);
        laptop.act("log_out", &[]).await;
        app.clock.advance_ms(30 * DAY_MS - MINUTE_MS);
        assert_eq!(laptop.copy().log_in("alice", PASSWORD).await.header("location"), "/dashboard");
        // Others are asked, and so is another account on this device.
        app.half_logged_in("alice").await;
        app.with_second_factor("bob").await;
        expect_code_page(&laptop.copy().log_in("bob", PASSWORD).await);
        app.clock.advance_ms(MINUTE_MS);
        expect_code_page(&laptop.copy().log_in("alice", PASSWORD).await);
    }

    async fn trust_is_listed_and_forgotten(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let mut laptop = app.half_logged_in("alice").await;
        laptop.user_agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into());
        let fields = [("code", &*app.code(&alice.app)), ("trust", "on")];
        expect_in(&laptop.act("enter_code", &fields).await);
        let page = laptop.open("/account/second-factor").await.text();
        assert!(page.contains("Firefox on Linux") && page.contains("This device") && page.contains("2026-01-31"), "{page}");
        let page = alice.caller.open("/account/second-factor").await.text();
        assert!(page.contains("Firefox on Linux") && !page.contains("This device"));
        let id = between(&page, "name=\"device\" value=\"", "\"");
        let mut bob = app.with_second_factor("bob").await.caller;
        bob.act("forget_device", &[("device", &id)]).await;
        assert_eq!(laptop.copy().log_in("alice", PASSWORD).await.header("location"), "/dashboard", "not somebody else's");
        assert_eq!(alice.caller.act("forget_device", &[("device", &id)]).await.status, 200);
        assert!(alice.caller.open("/account/second-factor").await.text().contains("Trusted device removed"));
        expect_code_page(&laptop.copy().log_in("alice", PASSWORD).await);
        assert_eq!(app.count("select count(*) from audit_events where event in ('device_trusted', 'device_forgotten')").await, 2);
    }

    async fn a_new_password_and_turning_it_off_take_all_trust(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let mut laptop = app.half_logged_in("alice").await;
        let fields = [("code", &*app.code(&alice.app)), ("trust", "on")];
        expect_in(&laptop.act("enter_code", &fields).await);
        let fields = [("password", PASSWORD), ("new_password", "violet lantern under seven bridges")];
        assert_eq!(alice.caller.act("change_password", &fields).await.status, 200);
        expect_code_page(&laptop.log_in("alice", "violet lantern under seven bridges").await);
        app.clock.advance_ms(STEP_MS);
        let fields = [("code", &*app.code(&alice.app)), ("trust", "on")];
        expect_in(&laptop.act("enter_code", &fields).await);
        assert_eq!(app.count("select count(*) from known_devices where trusted_until is not null").await, 1);
        assert_eq!(alice.caller.act("turn_off_second_factor", &[]).await.status, 200);
        assert_eq!(app.count("select count(*) from known_devices where trusted_until is not null").await, 0);
    }

    async fn where_no_device_may_be_trusted_none_is(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--trusted-device-days", "0"]).await;
        let alice = app.with_second_factor("alice").await;
        let mut laptop = app.half_logged_in("alice").await;
        assert!(!laptop.open("/login/code").await.text().contains("Trust this device"));
        let fields = [("code", &*app.code(&alice.app)), ("trust", "on")];
        expect_in(&laptop.act("enter_code", &fields).await);
        expect_code_page(&laptop.log_in("alice", PASSWORD).await);
    }

    async fn the_database_holds_no_secret_of_a_second_factor(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let rows: Vec<(String,)> = sqlx::query_as("select secret_sealed from totp union all select code_hash from recovery_codes")
            .fetch_all(&app.services.state.db.pool).await.expect("rows");
        assert_eq!(rows.len(), 11);
        let all = rows.into_iter().map(|(text,)| text).collect::<Vec<_>>().join("\n").to_lowercase();
        for code in &alice.recovery {
            assert!(!all.contains(code) && !all.contains(&code.replace('-', "")));
        }
        let id = app.user("alice").await.id;
        let sealed: (String,) = sqlx::query_as("select secret_sealed from totp").fetch_one(&app.services.state.db.pool).await.expect("a row");
        // Only the secret key opens it, and only for this user.
        let key = &app.services.secret;
        let opened = Authenticator::open(key, &id, &sealed.0).expect("the secret");
        assert_eq!(app.code(&opened), app.code(&alice.app));
        assert!(Authenticator::open(key, "somebody else", &sealed.0).is_err());
    }

    async fn neither_a_reset_nor_the_link_that_confirms_an_address_skips_the_code(app: TestApp) {
        app.with_second_factor("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut mailbox = app.anonymous();
        mailbox.open_link(Purpose::Reset, &token).await;
        let another = "seven quiet rivers run";
        let answer = mailbox.act("reset_password", &[("password", another)]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/login"), "{}", answer.text());
        assert_eq!(mailbox.log_in("alice", another).await.header("location"), "/login/code");

        // Left from a time without mail, when a second factor needed no confirmed address.
        let unconfirmed = "update users set verified_at = null where email = 'alice@example.com'";
        sqlx::query(unconfirmed).execute(&app.services.state.db.pool).await.expect("a change");
        let token = app.link(Purpose::Verify, "alice").await;
        let mut mailbox = app.anonymous();
        mailbox.open_link(Purpose::Verify, &token).await;
        let answer = mailbox.act("verify", &[("password", another)]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/login/code"), "{}", answer.text());
        assert!(!mailbox.cookies.contains_key("__Host-session"));
    }

    async fn a_secret_that_was_copied_to_another_user_lets_nobody_in(app: TestApp) {
        let mallory = app.with_second_factor("mallory").await;
        app.with_second_factor("alice").await;
        let (from, to) = (app.user("mallory").await.id, app.user("alice").await.id);
        sqlx::query("update totp set secret_sealed = (select secret_sealed from totp where user_id = $1) where user_id = $2")
            .bind(from).bind(to).execute(&app.services.state.db.pool).await.expect("copied");
        let answer = enter(&mut app.half_logged_in("alice").await, &app.code(&mallory.app)).await;
        assert_eq!(answer.status, 503);
        assert!(answer.set_cookie("__Host-session").is_empty());
    }
}

async fn download(caller: &mut Caller, sealed: &str) -> Answer {
    let request = caller
        .request(axum::http::Method::POST, "/account/second-factor/codes.txt")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    caller.send(request.body(axum::body::Body::from(format!("codes={sealed}"))).expect("a request")).await
}
