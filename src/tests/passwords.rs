//! Which passwords may be set, what is said about the others, and how they are hashed.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::{Value, json};

use super::{
    app::{PASSWORD, Settings, TestApp},
    caller::{Answer, Caller},
    logs::Lines,
    on_both_databases,
};
use crate::{
    auth::users::{costs_in_use, store::beginnings_of_hashes},
    base::{
        db::Kind,
        error::{Guessable, Invalid},
    },
    serve::services::Services,
};

/// What is guessed first, and the first word of what is said about it.
const GUESSABLE: &[(&str, &str)] = &[
    ("password1234", "Common"),
    ("qwertyuiop", "Common"),
    ("1234567890", "Common"),
    ("1q2w3e4r5t6y", "Common"),
    ("Password1234!", "NearCommon"),
    ("iloveyou12", "NearCommon"),
    ("letmein123", "NearCommon"),
    ("Summer2024!", "NearCommon"),
    ("Elephant2026!", "NearCommon"),
    ("Captain2026!", "NearCommon"),
    ("!Dragon2026!!", "NearCommon"),
    ("P@ssw0rd2024", "Swapped"),
    ("drowssap4321", "Backwards"),
    ("administrator", "Word"),
    ("jennifer1990", "Name"),
    ("aaaaaaaaaaaa", "Repeated"),
    ("abcabcabcabc", "Repeated"),
    ("passwordpassword", "Repeated"),
    ("          ", "Repeated"),
    ("0123456789", "Sequence"),
    ("december1985", "Plain"),
];

/// What may be set.
const GOOD: &[&str] = &[
    PASSWORD,
    // Random letters, and nothing else.
    "xkqzvwptrm",
    "hbqxnwzfok",
    "jfkeuwnvla",
    // Four words, the commonest included.
    "the dog was black",
    "i like my cat",
    "we are at home",
    "one two three four",
    "you and me now",
    // Any character.
    "🙂🐎🔋🎉🍕🚲🌧🏔🎻🙃",
    "密码很长而且没有人知道",
    "пароль дождь чайник",
    " leading and trailing ",
    "tab\tnewline\nnul\0 too",
    "8-fK2!xQ$7",
];

async fn sign_up(app: &TestApp, name: &str, email: &str, password: &str) -> Answer {
    app.anonymous().act("sign_up", &[("name", name), ("email", email), ("password", password)]).await
}

fn refusal(why: &str) -> Value {
    json!({ "Invalid": [{ "PasswordGuessable": why }] })
}

async fn ask(caller: &mut Caller, password: &str) -> Answer {
    caller.act("password_strength", &[("password", password), ("email", "ann@example.com"), ("name", "Ann")]).await
}

#[test]
fn the_browser_asks_the_action_that_there_is() {
    assert_eq!(
        crate::passwords::STRENGTH_PATH,
        <crate::pages::signup::actions::PasswordStrength as leptos::server_fn::ServerFn>::PATH
    );
}

on_both_databases! {
    async fn what_is_guessed_first_is_refused_with_the_reason(app: TestApp) {
        for (password, why) in GUESSABLE {
            let answer = sign_up(&app, "Ann", "ann@example.com", password).await;
            assert_eq!((answer.status, answer.json()), (422, refusal(why)), "{password}");
        }
        assert_eq!(app.count("select count(*) from users").await, 0);
    }

    async fn random_letters_short_sentences_and_any_characters_may_be_set(app: TestApp) {
        for (number, password) in GOOD.iter().enumerate() {
            let email = format!("p{number}@example.com");
            let answer = sign_up(&app, "Ann", &email, password).await;
            assert_eq!(answer.status, 200, "{password}: {}", answer.text());
            let log_in = app.anonymous().act("log_in", &[("email", &email), ("password", password)]).await;
            assert_eq!(log_in.status, 200, "{password}");
        }
    }

    async fn whatever_sets_a_password_refuses_what_is_guessed_first(app: TestApp) {
        let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", "password1234")];
        let mut ada = app.anonymous();
        ada.open_setup(&app.setup_token().await).await;
        assert_eq!(ada.act("set_up", &fields).await.json(), refusal("Common"));
        let mut alice = app.logged_in("alice").await;
        for (new, why) in [("password1234", "Common"), ("alice in wonderland", "HoldsEmail"), ("my latchkey is gold", "HoldsProduct")] {
            let answer = alice.act("change_password", &[("password", PASSWORD), ("new_password", new)]).await;
            assert_eq!((answer.status, answer.json()), (422, refusal(why)), "{new}");
        }
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200, "it is what it was");
    }

    async fn the_address_the_name_and_the_product_may_not_be_in_a_password(app: TestApp) {
        let (name, email) = ("Jonathan de Vries", "j.devries+shop@example.com");
        for (password, why) in [
            ("my j.devries+shop@example.com 77", "HoldsEmail"),
            ("J.DEVRIES likes green tea", "HoldsEmail"),
            ("jdevries likes green tea", "HoldsEmail"),
            ("ｊ.ｄｅｖｒｉｅｓ likes green tea", "HoldsEmail"),
            ("jonathan-likes-green-tea", "HoldsName"),
            ("xxJONATHANxx green tea", "HoldsName"),
            ("green tea jonathandevries", "HoldsName"),
            ("my LatchKey is of gold", "HoldsProduct"),
        ] {
            let answer = sign_up(&app, name, email, password).await;
            assert_eq!((answer.status, answer.json()), (422, refusal(why)), "{password}");
        }
        // Words of three letters are in too many others.
        assert_eq!(sign_up(&app, "Bo Li", "bob@example.com", "bobcats like a bolide").await.status, 200);
    }

    async fn the_least_length_is_a_setting_and_the_page_says_it(app: TestApp) {
        let (_, router) = app.another_instance_where(|config| config.password_min_chars = 14).await;
        let mut caller = Caller::of(router);
        let page = caller.open("/signup").await.text();
        assert!(page.contains("At least 14 characters") && page.contains("minlength=\"14\""), "{page}");
        let fields = [("name", "Ann"), ("email", "ann@example.com"), ("password", "xkqzvwptrmhbq")];
        let answer = caller.act("sign_up", &fields).await;
        assert_eq!((answer.status, answer.json()), (422, json!({ "Invalid": [{ "PasswordTooShort": 14 }] })));
        assert_eq!(sign_up(&app, "Ann", "ann@example.com", "xkqzvwptrmhbq").await.status, 200, "13 are enough elsewhere");
    }

    async fn long_passwords_work_to_the_last_character_and_longer_ones_are_refused(app: TestApp) {
        let text: String = "seven quiet rivers meet below the bridge ".chars().cycle().take(256).collect();
        for length in [64, 100, 128, 256] {
            let (email, password) = (format!("a{length}@example.com"), &text[..length]);
            assert_eq!(sign_up(&app, "Ann", &email, password).await.status, 200, "{length}");
            let shorter = app.anonymous().act("log_in", &[("email", &email), ("password", &password[..length - 1])]).await;
            assert_eq!(shorter.status, 401);
            assert_eq!(app.anonymous().act("log_in", &[("email", &email), ("password", password)]).await.status, 200);
        }
        let emoji = "🙂🐎🔋🎉".repeat(64);
        assert_eq!(sign_up(&app, "Ann", "e@example.com", &format!("{emoji}x")).await.json(), json!({ "Invalid": ["PasswordTooLong"] }));
    }

    async fn the_strength_is_told_as_a_step_and_a_reason_and_nothing_else(app: TestApp) {
        let mut ann = app.anonymous();
        let before = app.count("select count(*) from audit_events").await;
        let told = |step: u8, word: &str, why: Option<Invalid>| {
            json!({ "step": step, "word": word, "advice": why.map(|why| why.to_string()) })
        };
        let guessable = |why| Some(Invalid::PasswordGuessable(why));
        let over_long = "x".repeat(257);
        for (password, answer) in [
            ("short", told(0, "Too short", Some(Invalid::PasswordTooShort(10)))),
            (&*over_long, told(0, "Too long", Some(Invalid::PasswordTooLong))),
            ("qwertyuiop", told(0, "Very weak", guessable(Guessable::Common))),
            ("password1234", told(1, "Weak", guessable(Guessable::Common))),
            ("Summer2024!", told(2, "Still too weak", guessable(Guessable::NearCommon))),
            ("xkqzvwptrm", told(3, "Good", None)),
            (PASSWORD, told(4, "Strong", None)),
            ("we love ann@example.com", told(2, "Still too weak", guessable(Guessable::HoldsEmail))),
        ] {
            let asked = ask(&mut ann, password).await;
            assert_eq!((asked.status, asked.json()), (200, answer), "{password}");
        }
        assert!(ann.cookies.is_empty(), "a question leaves nothing in the browser");
        assert_eq!(ask(&mut ann, "").await.status, 422);
        assert_eq!(app.count("select count(*) from audit_events").await, before);
    }

    async fn a_flood_of_questions_is_answered_or_sent_away_and_a_log_in_gets_through(app: TestApp) {
        app.logged_in("alice").await;
        // What takes zxcvbn longest: signs that may stand for many letters.
        let dear: String = "4@8({<369&#!1/|0$5+7%2".chars().cycle().take(256).collect();
        let questions = (0..100).map(|_| {
            let (mut caller, dear) = (app.anonymous(), dear.clone());
            tokio::spawn(async move { ask(&mut caller, &dear).await })
        });
        let (answers, log_in) = futures::future::join(
            futures::future::join_all(questions),
            async { app.anonymous().log_in("alice", PASSWORD).await },
        ).await;
        assert_eq!(log_in.status, 200);
        let answers: Vec<Answer> = answers.into_iter().map(|answer| answer.expect("no panic")).collect();
        let times = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!(times(429), 40, "one network gets sixty a minute");
        assert!((1..60).contains(&times(503)), "{} of the others were sent away", times(503));
        assert_eq!(times(200) + times(503) + times(429), 100);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_ne!(answer.header("retry-after"), "");
        }
        app.clock.advance_ms(60_000);
        assert_eq!(ask(&mut app.anonymous(), PASSWORD).await.status, 200, "and then there is room again");
    }

    async fn without_javascript_the_reason_stands_at_the_field(app: TestApp) {
        let mut ann = app.anonymous();
        let fields = [("name", "Ann"), ("email", "ann@example.com"), ("password", "password1234")];
        let answer = ann.submit("sign_up", &fields, "/signup").await;
        assert_eq!((answer.status, answer.header("location"), answer.set_cookie("__Host-flash")), (422, "", ""));
        let page = answer.text();
        assert!(page.contains("This is one of the most common passwords.") && !page.contains("password1234"), "{page}");
        assert!(page.contains("value=\"ann@example.com\""), "what was typed beside it is kept");
        let (_, field) = page.split_once("<input id=\"password\"").or_else(|| page.split_once("id=\"password\"")).expect("the field");
        let field = field.split('>').next().expect("its end");
        assert!(field.contains("autofocus") && field.contains("aria-invalid=\"true\""), "{field}");
    }

    async fn a_log_in_brings_a_hash_to_the_settings_of_today(app: TestApp) {
        app.logged_in("alice").await;
        app.logged_in("bob").await;
        assert!(hash_of(&app, "alice").await.starts_with("$argon2id$v=19$m=7168,t=1,p=1$"));
        let (_, risen) = app.another_instance_where(|config| {
            (config.argon2_memory_kib, config.argon2_passes, config.argon2_lanes) = (8_192, 2, 2);
        }).await;
        assert_eq!(Caller::of(risen.clone()).log_in("alice", "not the password").await.status, 401);
        assert!(hash_of(&app, "alice").await.contains("$m=7168,t=1,p=1$"), "a wrong password changes nothing");
        let mut alice = Caller::of(risen.clone());
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let stronger = hash_of(&app, "alice").await;
        assert!(stronger.starts_with("$argon2id$v=19$m=8192,t=2,p=2$"), "{stronger}");
        assert_eq!(alice.open("/dashboard").await.status, 200, "the session is none the worse for it");
        assert_eq!(Caller::of(risen.clone()).log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(hash_of(&app, "alice").await, stronger, "once is enough");
        // Fallen settings lower nothing; one that has risen beside one that has fallen raises that one.
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(hash_of(&app, "alice").await, stronger);
        let (_, mixed) = app.another_instance_where(|config| config.argon2_passes = 3).await;
        assert_eq!(Caller::of(mixed).log_in("alice", PASSWORD).await.status, 200);
        assert!(hash_of(&app, "alice").await.contains("$m=8192,t=3,p=2$"));

        let mut bob = app.logged_in_again("bob").await.at(risen);
        assert_eq!(bob.act("confirm", &[("password", PASSWORD)]).await.status, 200);
        assert!(hash_of(&app, "bob").await.contains("$m=8192,t=2,p=2$"), "a proof of identity does the same");
    }

    async fn a_try_costs_the_same_hashes_whatever_the_one_of_the_account_costs(app: TestApp) {
        for name in ["alice", "carol", "dave"] {
            app.logged_in(name).await;
        }
        let (services, risen) = app.another_instance_where(|config| config.argon2_passes = 2).await;
        assert_eq!(Caller::of(risen.clone()).log_in("carol", PASSWORD).await.status, 200);
        assert!(hash_of(&app, "carol").await.contains(",t=2,"), "an account of each kind");
        sqlx::query("update users set disabled_at = 1 where name = 'dave'").execute(&services.state.db.pool).await.expect("done");
        let both = [("m=7168,t=1,p=1".to_owned(), 1_u64), ("m=7168,t=2,p=1".to_owned(), 1_u64)];
        for name in ["alice", "carol", "dave", "nobody"] {
            let before = hashes(&services);
            assert_eq!(Caller::of(risen.clone()).log_in(name, "not the password").await.status, 401);
            assert_eq!(made_since(&before, &services), both, "{name}");
        }
        // The other instance started before there were such hashes: it knows them as soon as it meets one.
        assert_eq!(app.anonymous().log_in("carol", "not the password").await.status, 401);
        let before = hashes(&app.services);
        assert_eq!(app.anonymous().log_in("nobody", "not the password").await.status, 401);
        assert_eq!(made_since(&before, &app.services), both);
        // When the last old one is gone nobody pays for it any more.
        sqlx::query("update users set disabled_at = null").execute(&services.state.db.pool).await.expect("done");
        for name in ["alice", "dave"] {
            assert_eq!(Caller::of(risen.clone()).log_in(name, PASSWORD).await.status, 200);
        }
        costs_in_use::look(&services.state, &services.passwords).await.expect("a look");
        let before = hashes(&services);
        assert_eq!(Caller::of(risen).log_in("nobody", "not the password").await.status, 401);
        assert_eq!(made_since(&before, &services), both[1..]);
    }

    async fn what_the_stored_hashes_cost_is_found_along_an_index(app: TestApp) {
        app.logged_in("alice").await;
        assert_eq!(beginnings_of_hashes(&app.services.state.db.pool).await.expect("the users"), ["$argon2id$v=19$m=7168,t=1,p=1"]);
        sqlx::query("update users set password_hash = ''").execute(&app.services.state.db.pool).await.expect("done");
        assert!(beginnings_of_hashes(&app.services.state.db.pool).await.expect("the users").is_empty(), "of nobody");
    }

    async fn a_blocked_password_is_no_fault_to_whoever_looks_what_hashes_cost(app: TestApp) {
        app.logged_in("alice").await;
        let services = &app.services;
        let block = "update users set password_hash = 'blocked ' || password_hash";
        sqlx::query(block).execute(&services.state.db.pool).await.expect("done");
        let lines = Lines::default();
        let listening = lines.listen("text", "error");
        costs_in_use::look(&services.state, &services.passwords).await.expect("the database");
        drop(listening);
        assert_eq!(lines.text(), "");
    }

    async fn a_password_that_changes_meanwhile_is_not_brought_back_by_the_new_hash(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let (services, risen) = app.another_instance_where(|config| config.argon2_passes = 2).await;
        let user = crate::auth::users::store::find_by_email(
            &services.state.db.pool,
            &crate::base::email::Email::parse("alice@example.com").expect("an address"),
        ).await.expect("the database").expect("alice");
        let fields = [("password", PASSWORD), ("new_password", "another horse battery")];
        assert_eq!(alice.act("change_password", &fields).await.status, 200);
        let before = hash_of(&app, "alice").await;
        let password = crate::passwords::typed::Password::parse_existing(PASSWORD.into()).expect("a password");
        crate::auth::users::upgrade::upgrade_hash(&services.state, &services.passwords, &Default::default(), &user, password).await;
        assert_eq!(hash_of(&app, "alice").await, before);
        assert_eq!(Caller::of(risen).log_in("alice", "another horse battery").await.status, 200);
    }

    async fn password_managers_find_the_page_that_changes_a_password(app: TestApp) {
        let answer = app.anonymous().open("/.well-known/change-password").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/password"));
        let probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
        assert_eq!(app.anonymous().open(probe).await.status, 404);
    }
}

/// How many hashes of each cost an instance has made, as its metrics say.
fn hashes(services: &Services) -> BTreeMap<String, u64> {
    let text = services.measured().expect("metrics");
    let rows = text.lines().filter_map(|line| line.strip_prefix("latchkey_password_hashes_total{cost=\""));
    rows.map(|row| row.split_once("\"} ").expect("a row"))
        .map(|(cost, count)| (cost.into(), count.parse().expect("a number")))
        .collect()
}

fn made_since(before: &BTreeMap<String, u64>, services: &Services) -> Vec<(String, u64)> {
    let since =
        hashes(services).into_iter().map(|(cost, count)| (cost.clone(), count - before.get(&cost).unwrap_or(&0)));
    since.filter(|(_, count)| *count > 0).collect()
}

async fn hash_of(app: &TestApp, name: &str) -> String {
    let email = format!("{name}@example.com");
    let row: (String,) = sqlx::query_as("select password_hash from users where email = $1")
        .bind(email)
        .fetch_one(&app.services.state.db.pool)
        .await
        .expect("a row");
    row.0
}

#[test]
fn no_setting_allows_fewer_than_eight_characters() {
    for (given, allowed) in [("7", false), ("8", true), ("64", true), ("65", false), ("0", false), ("ten", false)] {
        let words = ["latchkey", "--password-min-chars", given];
        assert_eq!(Settings::try_parse_from(words).is_ok(), allowed, "{given}");
    }
}

/// The log-in succeeds although the stronger hash cannot be stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_does_not_fail_with_the_upgrade_of_its_hash() {
    let app = TestApp::on(Kind::Sqlite).await;
    app.logged_in("alice").await;
    let (services, risen) = app.another_instance_where(|config| config.argon2_passes = 2).await;
    sqlx::query(
        "create trigger no_upgrade before update of password_hash on users begin select raise(abort, 'no'); end",
    )
    .execute(&services.state.db.pool)
    .await
    .expect("a trigger");
    assert_eq!(Caller::of(risen).log_in("alice", PASSWORD).await.status, 200);
    assert!(hash_of(&app, "alice").await.contains(",t=1,"));
}
