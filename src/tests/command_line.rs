//! The command line: what help says and leaves out, what is told of a mistake, and the one shape of JSON.

use std::ffi::OsString;

use clap::{Args, Command, CommandFactory, error::ErrorKind};
use serde_json::{Value, json};

use super::{app::TestApp, on_both_databases, words::forbidden};
use crate::{
    auth::{sessions, tokens::keys::Keys},
    cli,
    cli::{
        Cli, given,
        login::kept::Place,
        output::{document, table},
        parts::PartSettings,
    },
};

/// The words that lead to each command, and the command.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn below(path: &[String], command: &Command, found: &mut Vec<(Vec<String>, Command)>) {
        found.push((path.to_vec(), command.clone()));
        for inner in command.get_subcommands() {
            below(&[path, &[inner.get_name().to_owned()]].concat(), inner, found);
        }
    }
    let mut found = Vec::new();
    below(&[], &Cli::command(), &mut found);
    found
}

fn help(path: &[String]) -> String {
    let words: Vec<&str> = ["latchkey", "help"].into_iter().chain(path.iter().map(String::as_str)).collect();
    given::help::<Cli>(&words)
}

/// What is said of these words over this environment.
fn refusal(words: &[&str], environment: &[(&str, &str)]) -> clap::Error {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    given::parse::<Cli>(&words, variable).err().expect("a refusal")
}

fn takes_settings(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some("addr"))
}

#[cfg(unix)]
#[test]
fn a_login_that_someone_else_has_read_or_put_there_is_not_used() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("login.json");
    let read = || Place(folder.path().to_owned()).lock().and_then(|locked| locked.read());
    let write = |server: &str, token_server: &str, mode: u32| {
        let at = |path: &str| format!("{server}/{path}");
        let server = json!({
            "issuer": server, "authorization_endpoint": at("a"), "device_authorization_endpoint": at("d"),
            "userinfo_endpoint": at("u"), "token_endpoint": format!("{token_server}/t"), "revocation_endpoint": at("r"),
        });
        let kept =
            json!({ "server": server, "access_token": "a", "access_until": 1, "refresh_token": "r", "until": 1 });
        fs::write(&file, kept.to_string()).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("its mode");
    };
    assert!(read().is_ok_and(|kept| kept.is_none()), "there is none");
    for server in ["https://login.example.com", "http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
        write(server, server, 0o600);
        assert!(read().is_ok_and(|kept| kept.is_some()), "{server}");
    }
    let (good, bad) = ("https://login.example.com", "http://login.example.com");
    let why = |words: &str| {
        let told = read().expect_err("a refusal").0;
        assert!(told.contains(words) && told.contains("login.json") && told.ends_with("; log in again"), "{told}");
    };
    for (server, token_server) in [(bad, bad), (good, bad)] {
        write(server, token_server, 0o600);
        why("must begin with https://");
    }
    for mode in [0o640, 0o604, 0o622] {
        write(good, good, mode);
        why("others can read or change it");
    }
    write(good, good, 0o600);
    fs::rename(&file, folder.path().join("elsewhere.json")).expect("moved");
    std::os::unix::fs::symlink(folder.path().join("elsewhere.json"), &file).expect("a link");
    why("it's a link to another file");
}

#[test]
fn the_help_of_a_command_leaves_the_settings_to_their_own_page() {
    let cli = Cli::command();
    let page = cli.find_subcommand(given::SETTINGS).expect("the page");
    let settings: Vec<(String, String)> = page
        .get_arguments()
        .filter_map(|arg| Some((format!("[env: {}", arg.get_env()?.to_str()?), format!("--{}", arg.get_long()?))))
        .collect();
    let shown = help(&[given::SETTINGS.into()]);
    for (variable, flag) in &settings {
        assert!(shown.contains(variable) && shown.contains(flag), "{variable}: {shown}");
    }
    for part in PartSettings::augment_args(Command::new("parts")).get_arguments() {
        let flag = format!("--{}", part.get_long().expect("a flag"));
        assert!(settings.iter().any(|(_, known)| *known == flag), "a setting of a part: {flag}");
    }
    let mut leaves = 0;
    for (path, command) in commands() {
        let (name, help) = (path.join(" "), help(&path));
        assert!(!help.is_empty(), "{name}");
        if name == given::SETTINGS {
            continue;
        }
        for words in ["--addr", "Settings:", "Notes:", "The Lab:"] {
            assert!(!help.contains(words), "{name}: {words} in {help}");
        }
        for (variable, _) in &settings {
            assert!(!help.contains(variable), "{name}: {variable} in {help}");
        }
        if takes_settings(&command) || path.is_empty() {
            leaves += 1;
            assert!(help.contains("`latchkey help settings`"), "{name}: {help}");
            assert!(help.contains("Exit codes: 0 success, 1 failure, 2 wrong usage."), "{name}: {help}");
            assert!(help.lines().count() < 80, "{name} has {} lines", help.lines().count());
        }
    }
    assert!(leaves > 20, "{leaves}");
}

#[test]
fn a_setting_is_taken_although_the_help_does_not_show_it() {
    let words = ["latchkey", "users", "list", "--data-dir", "x", "--limit", "none"];
    assert!(refusal(&words, &[]).to_string().contains("--limit"), "only the limit is wrong");
    let wrong = refusal(&["latchkey", "users", "list", "--connections=none"], &[]).to_string();
    assert!(wrong.contains("'--connections"), "{wrong}");
}

#[test]
fn what_is_missing_is_told_with_what_was_typed_and_nothing_else() {
    let environment = [("LATCHKEY_ADDR", "127.0.0.1:4000"), ("LATCHKEY_DATA_DIR", "/srv/latchkey")];
    for (words, said) in [
        (&["latchkey", "users", "show"][..], "Usage: latchkey users show <EMAIL-OR-ID>\n"),
        (&["latchkey", "keys", "revoke", "abc"], "Usage: latchkey keys revoke --reason <REASON> <KEY-ID>\n"),
        (&["latchkey", "force-logout"], "<--user <EMAIL-OR-ID>|--sid <SESSION-ID>|--all>"),
        (&["latchkey", "users", "show", "a", "b"], "unexpected argument 'b' found"),
        (&["latchkey", "clients", "change", "x"], "Usage: latchkey clients change"),
    ] {
        let told = refusal(words, &environment).to_string();
        assert!(told.contains(said) && !told.contains("--addr") && !told.contains("--data-dir"), "{words:?}: {told}");
    }
    let wrong = refusal(&["latchkey", "users", "show", "a@example.com"], &[("LATCHKEY_ADDR", "nowhere")]).to_string();
    assert!(wrong.contains("LATCHKEY_ADDR") && !wrong.contains("Usage:"), "{wrong}");
    for flag in ["--addr", "--metrics-addr"] {
        let wrong = refusal(&["latchkey", "serve", flag, "localhost:7900"], &[]).to_string();
        assert!(
            wrong.contains(flag) && wrong.contains("use an IP address and a port, such as 127.0.0.1:3000"),
            "{wrong}"
        );
    }
}

#[test]
fn keys_kill_still_works_and_no_help_names_it() {
    let old = refusal(&["latchkey", "keys", "kill"], &[]);
    assert_eq!(old.kind(), ErrorKind::MissingRequiredArgument);
    assert!(old.to_string().contains("latchkey keys revoke"), "{old}");
    assert!(!help(&["keys".into()]).contains("kill"));
}

/// On one line, without the kinds of events, which are codes, the name of a command, and what clap says by itself.
fn prose(help: &str) -> String {
    let line = help.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.replace("the given subcommand(s)", "").replace("force-logout", "");
    let parts = line.split("[possible values:").enumerate();
    let kept = parts.map(|(at, part)| if at == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) });
    kept.collect()
}

#[test]
fn help_is_written_in_our_words() {
    for (path, _) in commands() {
        let prose = prose(&help(&path));
        assert_eq!(forbidden(&prose), None, "in the help of {path:?}: {prose}");
    }
}

#[test]
fn a_table_is_as_wide_as_it_has_to_be_and_nothing_without_rows() {
    let rows = [["1".to_owned(), "short".to_owned(), "Ä".to_owned()], ["22".into(), "a long cell".into(), "x".into()]];
    let wide = table(["ID", "WORDS", "E"], rows.into_iter());
    assert_eq!(wide, "ID  WORDS        E\n1   short        Ä\n22  a long cell  x");
    assert_eq!(table(["ID"], std::iter::empty()), "");
}

/// Each time is a text that ends with Z, and no number is one.
fn check_times(value: &Value, name: &str, found: &mut usize) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| check_times(value, name, found)),
        Value::Array(items) => items.iter().for_each(|item| check_times(item, name, found)),
        Value::Number(number) => assert!(number.as_f64() < Some(1e11), "{name}: {number}"),
        Value::String(text) if name.ends_with("_at") || matches!(name, "at" | "until" | "signs_from") => {
            *found += 1;
            assert!(text.ends_with('Z') && text.len() == "2026-01-01T12:00:00.000Z".len(), "{name}: {text}");
        }
        _ => {}
    }
}

on_both_databases! {
    async fn json_has_named_fields_and_times_that_people_and_programs_can_read(app: TestApp) {
        app.logged_in("alice").await;
        let (state, id) = (&app.services.state, app.user("alice").await.id);
        let keys = Keys::list(state).await.expect("the keys");
        let live = sessions::store::live_of(&state.db.pool, &id, app.clock.now_ms()).await.expect("the sessions");
        let removed = json!({ "removed": { "until": app.clock.now_ms(), "events": 7 }, "ends_at": null });
        let text = document(&json!({ "keys": keys, "sessions": live, "report": removed })).expect("JSON");
        let read: Value = serde_json::from_str(&text).expect("one document");
        let mut times = 0;
        check_times(&read, "", &mut times);
        assert_eq!(times, 2 + 3 + 1, "{text}");
        assert_eq!(read["report"], json!({ "removed": { "until": "2026-01-01T12:00:00.000Z", "events": 7 }, "ends_at": null }));
    }
}

#[test]
fn what_can_not_be_meant_is_wrong_usage() {
    for words in [
        &["mail", "test", "--to", "nonsense"][..],
        &["users", "show", "nonsense"],
        &["users", "disable", "nonsense", "--reason", "x"],
        &["users", "enable", "a@example.com", "--reason", " "],
        &["admin", "promote", "--email", "nonsense"],
        &["admin", "demote", "--email", "a@example.com", "--reason", ""],
        &["admin", "create", "--email", "nonsense", "--name", "A"],
        &["admin", "create", "--email", "a@example.com", "--name", " "],
        &["force-logout", "--user", "nonsense"],
        &["force-logout", "--all", "--reason", ""],
        &["keys", "rotate", "--reason", ""],
        &["keys", "revoke", "x", "--reason", ""],
        &["audit", "resume", "--reason", ""],
        #[cfg(feature = "oauth")]
        &["clients", "list", "--owner", "nonsense"],
        &["login", "nowhere"],
        &["login", "http://login.example.com"],
    ] {
        let told = refusal(&[&["latchkey"], words].concat(), &[]);
        assert_eq!((told.kind(), told.exit_code()), (ErrorKind::ValueValidation, 2), "{words:?}: {told}");
    }
}

#[tokio::test]
async fn what_only_the_whole_shows_to_be_wrong_is_wrong_usage_too() {
    #[cfg(feature = "oauth")]
    const ADD: [&str; 6] = ["clients", "add", "--owner", "a@example.com", "--name", "A"];
    for (command, flags, wrong) in [
        (&["audit", "export"][..], &["--from", "nonsense", "--to", "2026-01-01"][..], "date"),
        (&["audit", "export"], &["--from", "2026-01-02", "--to", "2026-01-01"], "date"),
        #[cfg(feature = "oauth")]
        (&ADD, &["--kind", "web"], "--redirect: "),
        #[cfg(feature = "oauth")]
        (&ADD, &["--kind", "service", "--scope", "openid"], "--scope: "),
        #[cfg(feature = "oauth")]
        (&ADD, &["--kind", "service", "--public-key", "/dev/null"], "--public-key: "),
        #[cfg(feature = "oauth")]
        (&ADD, &["--kind", "spa", "--public-key", "/nowhere"], "--public-key: "),
    ] {
        // Nothing is opened: there is no such folder.
        let words = [&["latchkey"], command, flags, &["--data-dir", "/nowhere"]].concat();
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let asked = given::parse(&words, |_| None).unwrap_or_else(|error| panic!("{error}"));
        let cli::Failed(told, code) = cli::obey(asked).await.expect_err("a refusal");
        assert!(code == 2 && told.contains(wrong), "{words:?}: {told}");
    }
}
