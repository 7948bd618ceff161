//! What can be set, by whom it is read, and what production refuses.

use std::{collections::BTreeMap, ffi::OsString};

use axum::{
    body::Body,
    http::{Request, header},
};
use clap::CommandFactory;

use super::{app::Settings, caller::Caller};
use crate::{
    base::config::Config,
    cli::{Cli, given, parts::ServerSettings},
    serve,
    serve::router::router,
};

pub const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// What a command line of these words says over this environment.
pub fn given(words: &[&str], environment: &[(&str, &str)]) -> Result<Config, String> {
    all_given(words, environment).map(|settings| settings.config)
}

/// With the settings of the parts.
pub fn all_given(words: &[&str], environment: &[(&str, &str)]) -> Result<ServerSettings, String> {
    let words: Vec<OsString> = std::iter::once(&"latchkey").chain(words).map(OsString::from).collect();
    let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
    let parsed = given::parse::<Settings>(&words, |name| environment.get(name).map(OsString::from));
    parsed.map(|settings| settings.all).map_err(|error| error.to_string())
}

/// Name of the variable, name of the flag, value by default, of every setting.
fn settings() -> Vec<(String, String, Option<String>)> {
    let command = Settings::command();
    let settings = command.get_arguments().filter_map(|arg| {
        let name = arg.get_env()?.to_str().expect("a name").to_owned();
        let default = arg.get_default_values().first().map(|value| value.to_str().expect("a value").to_owned());
        Some((name, format!("--{}", arg.get_long()?), default))
    });
    settings.collect()
}

/// What each setting that has no default may be.
const SAMPLES: [(&str, &str); 14] = [
    ("LATCHKEY_REQUESTS_AT_ONCE", "5"),
    ("LATCHKEY_SECURITY_CONTACT", "mailto:security@example.com"),
    ("LATCHKEY_SUPPORT_CONTACT", "help@example.com"),
    ("LATCHKEY_BASE_URL", "https://accounts.example.com"),
    ("LATCHKEY_DATABASE_URL", "sqlite://x.db"),
    ("LATCHKEY_DATABASE_TLS", "as-given"),
    ("LATCHKEY_SECRET_KEY", SECRET),
    ("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1"),
    ("LATCHKEY_INSTANCE", "one"),
    ("LATCHKEY_METRICS_ADDR", "127.0.0.1:9464"),
    ("LATCHKEY_SMTP_URL", "smtps://mail.example.com"),
    ("LATCHKEY_MAIL_FROM", "Example <no-reply@example.com>"),
    ("LATCHKEY_LAB", "true"),
    ("LATCHKEY_LOG_FORMAT", "json"),
];

#[test]
fn an_empty_variable_is_not_set_and_blanks_around_a_value_are_nothing() {
    let nothing = format!("{:?}", all_given(&[], &[]).expect("the defaults"));
    for (name, flag, default) in settings() {
        for empty in ["", "  ", "\t\n"] {
            let config = all_given(&[], &[(&name, empty)]).unwrap_or_else(|error| panic!("{name}={empty:?}: {error}"));
            assert_eq!(format!("{config:?}"), nothing, "{name}={empty:?}");
        }
        let sample = SAMPLES.iter().find(|(known, _)| *known == name).map(|(_, sample)| (*sample).to_owned());
        let value = sample.or(default).unwrap_or_else(|| panic!("{name} has a default or a sample"));
        let by_flag = all_given(&[&format!("{flag}={value}")], &[]).unwrap_or_else(|error| panic!("{flag}: {error}"));
        let blanks =
            all_given(&[], &[(&name, &format!(" {value}\n"))]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(format!("{blanks:?}"), format!("{by_flag:?}"), "{name}");
    }
}

#[test]
fn every_setting_is_written_as_compose_writes_it_when_nobody_fills_it_in() {
    let settings = settings();
    assert!(settings.len() > 30, "{}", settings.len());
    let empty: Vec<(&str, &str)> = settings.iter().map(|(name, ..)| (name.as_str(), "")).collect();
    assert_eq!(format!("{:?}", all_given(&[], &empty)), format!("{:?}", all_given(&[], &[])));
}

#[test]
fn a_list_may_have_blanks_and_a_comma_too_many() {
    let written = [("LATCHKEY_TRUSTED_PROXIES", " 127.0.0.1, 10.0.0.2 ,,")];
    let config = all_given(&[], &written).expect("a list");
    let plain = all_given(&["--trusted-proxies", "127.0.0.1,10.0.0.2"], &[]).expect("a list");
    assert_eq!(format!("{config:?}"), format!("{plain:?}"));
    let other = all_given(&["--trusted-proxies=10.0.0.9"], &written).expect("a list");
    let alone = all_given(&["--trusted-proxies=10.0.0.9"], &[]).expect("a list");
    assert_eq!(format!("{other:?}"), format!("{alone:?}"), "the command line stands above the environment");
}

#[test]
fn what_is_wrong_is_told_under_the_name_by_which_it_was_given() {
    let mut refused = 0;
    for (name, flag, _) in settings() {
        let Err(words) = all_given(&[], &[(&name, "no\u{1}such")]) else { continue };
        refused += 1;
        assert!(words.contains(&name) && !words.contains(&format!("{flag} ")), "{name}: {words}");
        let words = all_given(&[&format!("{flag}=no\u{1}such")], &[(&name, "neither")]).expect_err("a refusal");
        assert!(words.contains(&format!("'{flag} ")) && !words.contains(&name), "{flag}: {words}");
    }
    assert!(refused > 25, "only {refused} settings refuse nonsense");
}

#[test]
fn a_secret_key_may_begin_with_a_hyphen() {
    let key = format!("-5{}", &SECRET[2..]);
    let config = given(&["--secret-key", &key, "--lab", "false"], &[]).expect("the settings");
    let same = given(&[&format!("--secret-key={key}"), "--lab", "false"], &[]).expect("the settings");
    assert_eq!(config.secret_key.expect("a key").expose(), same.secret_key.expect("a key").expose());
    let words: Vec<OsString> = ["latchkey", "audit", "verify", "--former-key", &key].map(OsString::from).to_vec();
    given::parse::<Cli>(&words, |_| None).expect("a command");
}

#[test]
fn what_is_to_be_logged_is_understood_or_refused() {
    for wrong in ["infoo", "info,latchkey=debgu", "latchkey", "info,[lab]=off", "info,latchkey[span]=off"] {
        let words = given(&[], &[("LATCHKEY_LOG", wrong)]).expect_err("a refusal");
        assert!(words.contains("for 'LATCHKEY_LOG'"), "{wrong}: {words}");
    }
    for right in ["warn", "info, latchkey=debug", "INFO,latchkey::lab=off", "off"] {
        given(&[], &[("LATCHKEY_LOG", right)]).unwrap_or_else(|words| panic!("{right}: {words}"));
    }
}

#[test]
fn a_variable_that_is_named_as_a_setting_and_is_none_is_told() {
    let theirs = ["PATH", "LATCHKEY", "LATCHKEY_TRUSTED_PROXY", "LATCHKEY_ADR"].map(OsString::from);
    let ours = settings().into_iter().map(|(name, ..)| OsString::from(name));
    // Of one command alone.
    let former = OsString::from("LATCHKEY_FORMER_SECRET_KEYS");
    let unknown = given::unknown::<Cli>(theirs.into_iter().chain(ours).chain([former]));
    assert_eq!(unknown, ["LATCHKEY_TRUSTED_PROXY", "LATCHKEY_ADR"]);
}

#[test]
fn help_names_the_variables() {
    let words: Vec<OsString> = ["latchkey", "--help"].map(OsString::from).to_vec();
    let help = given::parse::<Settings>(&words, |_| Some("".into())).expect_err("help").to_string();
    for (name, flag, _) in settings() {
        assert!(help.contains(&format!("[env: {name}")) && help.contains(&flag), "{name}: {help}");
    }
}

#[test]
fn a_flag_belongs_to_the_command_that_has_it() {
    #[derive(Debug, clap::Parser)]
    enum Outer {
        #[command(subcommand)]
        Inner(Inner),
    }
    #[derive(Debug, clap::Subcommand)]
    enum Inner {
        Do(Box<Settings>),
    }
    let words: Vec<OsString> = ["latchkey", "inner", "do", "--log", "warn"].map(OsString::from).to_vec();
    let parsed = given::parse::<Outer>(&words, |name| (name == "LATCHKEY_INSTANCE").then(|| " x ".into()));
    let Outer::Inner(Inner::Do(settings)) = parsed.expect("a command");
    let config = settings.into_config();
    assert_eq!((config.instance.as_deref(), config.log.to_string()), (Some("x"), "warn".to_owned()));
}

/// A base URL with the settings that it needs, and what is said when it is refused.
const BASE_URLS: [(&str, &[&str], Option<&str>); 18] = [
    ("http://localhost:3000", &[], None),
    ("http://app.localhost:3000", &[], None),
    ("http://127.0.0.1:4000", &[], None),
    ("http://127.0.0.1", &[], None),
    ("http://[::1]:4000", &[], None),
    ("http://192.0.2.7:4000", &["--insecure-cookies"], None),
    ("http://[2001:db8::7]", &["--insecure-cookies"], None),
    ("http://under_score.localhost", &[], None),
    ("https://accounts.example.com", &["--secret-key", SECRET], None),
    ("https://accounts.example.com.", &["--secret-key", SECRET], None),
    ("https://accounts.example.com:8443/", &["--secret-key", SECRET], None),
    ("https://konten.bücher.example", &["--secret-key", SECRET], None),
    ("https://192.0.2.7", &["--secret-key", SECRET], None),
    ("https://[2001:db8::7]:8443", &["--secret-key", SECRET], None),
    ("https://accounts.example.com", &["--secret-key", SECRET, "--smtp-url", "smtps://mail.example.com"], None),
    (
        "https://192.0.2.7",
        &["--secret-key", SECRET, "--smtp-url", "smtps://mail.example.com"],
        Some("LATCHKEY_MAIL_FROM is not set"),
    ),
    (
        "https://[2001:db8::7]",
        &["--secret-key", SECRET, "--smtp-url", "smtps://mail.example.com", "--mail-from", "a@example.com"],
        None,
    ),
    ("http://127.0.0.1:4000", &["--smtp-url", "smtp://127.0.0.1:2525"], None),
];

#[tokio::test]
async fn every_base_url_starts_with_what_is_computed_from_it() {
    for (url, more, refused) in BASE_URLS {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_str().expect("a path");
        let flags = [&["--base-url", url, "--data-dir", data][..], more].concat();
        let started = serve::open(given(&flags, &[]).expect("the settings")).await;
        match (started, refused) {
            (Ok(services), None) => {
                let host = url.split_once("://").expect("a scheme").1.trim_end_matches('/').replace("ü", "u");
                let host = host.replace("bucher", "xn--bcher-kva");
                let request =
                    Request::builder().uri("/login").header(header::HOST, &host).header(header::ACCEPT, "text/html");
                let answer = Caller::of(router(services)).send(request.body(Body::empty()).expect("a request")).await;
                assert_eq!(answer.status, 200, "{url} {more:?}: {}", answer.text());
            }
            (Err(words), Some(said)) => assert!(words.contains(said) && !words.contains('\n'), "{url}: {words}"),
            (Ok(_), Some(said)) => panic!("{url} {more:?} starts, and should say {said}"),
            (Err(words), None) => panic!("{url} {more:?}: {words}"),
        }
    }
    for url in ["https://example.com/accounts", "https://me@example.com", "https://example.com?x", "ftp://example.com"]
    {
        let words = given(&[], &[("LATCHKEY_BASE_URL", url)]).expect_err("a refusal");
        assert!(words.contains("LATCHKEY_BASE_URL"), "{url}: {words}");
    }
}

/// Names of folders that an address could take for something else.
pub const FOLDERS: [&str; 13] =
    ["a b", "50%", "%25", "%2F", "%zz", "what?", "a?mode=ro", "#1", "ümlaut", "a&b;c'd\"e", ":memory:", "a/../b", "~"];

#[tokio::test]
async fn any_folder_can_hold_the_data() {
    let parent = tempfile::tempdir().expect("a folder");
    for name in FOLDERS {
        std::fs::create_dir_all(parent.path().join("a")).expect("a folder");
        let folder = parent.path().join(name);
        let data = folder.to_str().expect("a path");
        let flags = ["--data-dir", data];
        let services = serve::open(given(&flags, &[]).expect("the settings")).await;
        services.unwrap_or_else(|words| panic!("{name}: {words}"));
        for file in ["latchkey.db", "secret.key"] {
            assert!(folder.join(file).is_file(), "{name}: {file}");
        }
        // What is there is found again, by a command that makes nothing.
        serve::connect(given(&flags, &[]).expect("the settings"), false)
            .await
            .unwrap_or_else(|words| panic!("{name}: {words}"));
    }
}

#[tokio::test]
async fn an_address_of_a_file_is_read_as_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let url = format!("sqlite://{data}/50%25%3F.db");
    serve::open(given(&["--data-dir", data, "--database-url", &url], &[]).expect("the settings"))
        .await
        .expect("a start");
    assert!(folder.path().join("50%?.db").is_file());
    assert!(!folder.path().join("50%25%3F.db").exists(), "nothing is made that nobody uses");
}

/// Settings of production, and the setting that is named where they are refused.
const PRODUCTION: [(&[&str], Option<&str>); 26] = [
    (&[], None),
    (&["--smtp-url", "smtps://u:hunter2@mail.example.com"], None),
    (&["--smtp-url", "smtp://u:hunter2@mail.example.com:587?tls=required"], None),
    (&["--smtp-url", "smtp://u:hunter2@mail.example.com:587?tls=opportunistic"], Some("LATCHKEY_SMTP_URL")),
    (&["--smtp-url", "smtp://u:hunter2@mail.example.com:587"], Some("LATCHKEY_SMTP_URL")),
    (&["--smtp-url", "smtp://127.0.0.1:2525"], None),
    (&["--smtp-url", "smtp://[::1]:2525?tls=opportunistic"], None),
    (&["--argon2-memory-kib", "7168", "--argon2-passes", "1"], Some("LATCHKEY_ARGON2_MEMORY_KIB")),
    (&["--argon2-memory-kib", "7168", "--argon2-passes", "4"], Some("LATCHKEY_ARGON2_PASSES")),
    (&["--argon2-memory-kib", "7168", "--argon2-passes", "5"], None),
    (&["--argon2-memory-kib", "9216", "--argon2-passes", "4"], None),
    (&["--argon2-memory-kib", "12288", "--argon2-passes", "3"], None),
    (&["--argon2-memory-kib", "12287", "--argon2-passes", "3"], Some("LATCHKEY_ARGON2_MEMORY_KIB")),
    (&["--argon2-memory-kib", "19455", "--argon2-passes", "2"], Some("LATCHKEY_ARGON2_MEMORY_KIB")),
    (&["--argon2-memory-kib", "47103", "--argon2-passes", "1"], Some("LATCHKEY_ARGON2_PASSES")),
    (&["--argon2-memory-kib", "47104", "--argon2-passes", "1"], None),
    (&["--argon2-memory-kib", "8192", "--argon2-passes", "10"], None),
    (&["--database-url", "postgres://u:hunter2@db.example.com/x"], Some("LATCHKEY_DATABASE_URL")),
    (&["--database-url", "postgres://u:hunter2@db.example.com/x?sslmode=require"], Some("LATCHKEY_DATABASE_URL")),
    (&["--database-url", "postgresql://u:hunter2@10.0.0.7/x?sslmode=verify-ca"], Some("LATCHKEY_DATABASE_URL")),
    (&["--database-url", "postgres://u:hunter2@localhost/x?host=db.example.com"], Some("LATCHKEY_DATABASE_URL")),
    (&["--database-url", "postgres://u:hunter2@db.example.com/x?sslmode=verify-full"], None),
    (&["--database-url", "postgres://u:hunter2@db.example.com/x", "--database-tls", "as-given"], None),
    (&["--database-url", "postgres://u:hunter2@127.0.0.1:5433/x"], None),
    (&["--database-url", "postgres://u:hunter2@[::1]/x"], None),
    (&["--database-url", "postgres:///x?host=/run/postgresql"], None),
];

#[test]
fn production_refuses_what_is_weaker_than_it_has_to_be_and_development_does_not() {
    for (more, named) in PRODUCTION {
        let production = ["--base-url", "https://accounts.example.com", "--secret-key", SECRET];
        let checked = check(&[&production[..], more].concat());
        match (&checked, named) {
            (Ok(()), None) => {}
            (Err(words), Some(named)) => {
                assert!(
                    words.contains(named) && !words.contains('\n') && !words.contains("hunter2"),
                    "{more:?}: {words}"
                );
            }
            _ => panic!("{more:?}: {checked:?}"),
        }
        check(more).unwrap_or_else(|words| panic!("development, {more:?}: {words}"));
    }
    let asked = ["--database-tls", "required", "--database-url", "postgres://u:hunter2@db.example.com/x"];
    assert!(check(&asked).expect_err("a refusal").contains("LATCHKEY_DATABASE_URL"), "who asks for it has it anywhere");
}

fn check(flags: &[&str]) -> Result<(), String> {
    let config = given(flags, &[]).expect("the settings");
    config.check()?;
    crate::base::mailer::Mailer::open(&config).map(|_| ())
}

#[tokio::test]
async fn commands_send_nothing_to_a_database_that_production_would_refuse() {
    let flags = ["--base-url", "https://a.example.com", "--database-url", "postgres://u:hunter2@db.invalid/x"];
    let words = serve::connect(given(&flags, &[]).expect("the settings"), false).await.err().expect("a refusal");
    assert!(words.contains("LATCHKEY_DATABASE_TLS"), "{words}");
}
