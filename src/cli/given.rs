//! The command line over the environment. Server side.
//!
//! compose and systemd write an empty variable where no one has filled one in, and lists with blanks: an empty one is not
//! set, and blanks around a value are nothing. What is wrong is told under the name by which it was given.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use clap::{
    Arg, Command, CommandFactory, Id, Parser,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// What the environment gives, by the flag that means the same.
type Given = BTreeMap<String, (String, OsString)>;

/// The command that shows every setting; the help of the others leaves them out.
pub const SETTINGS: &str = "settings";

/// At the end of the help of a command.
const AFTER_HELP: &str = "This command also takes the settings of the server: see `latchkey help settings`.\n\n\
                          Exit codes: 0 success, 1 failure, 2 wrong usage.";

/// What this process was given; where it is not understood, or asks for help, the process ends with the words of clap.
pub fn read<P: Parser>() -> P {
    let words: Vec<_> = std::env::args_os().collect();
    parse(&words, |name| std::env::var_os(name)).unwrap_or_else(|error| error.exit())
}

/// The variables among these that are named as settings are, and are none: mistyped, or of another version.
pub fn unknown<P: CommandFactory>(variables: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut known = BTreeSet::new();
    collect_names(&P::command(), &mut known);
    let named = variables.filter_map(|name| name.into_string().ok());
    named.filter(|name| name.starts_with("LATCHKEY_") && !known.contains(name)).collect()
}

fn collect_names(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(command.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned())));
    command.get_subcommands().for_each(|inner| collect_names(inner, known));
}

/// What is printed for these words, which ask for help.
pub fn help<P: CommandFactory>(words: &[&str]) -> String {
    shown(P::command()).try_get_matches_from(words).err().map(|help| help.to_string()).unwrap_or_default()
}

/// `words`: the command line, the name of the program first. `variable`: what the environment holds under a name. Help that
/// was asked for is an error, too.
pub fn parse<P: Parser>(words: &[OsString], variable: impl Fn(&str) -> Option<OsString>) -> Result<P, clap::Error> {
    let command = shown(P::command());
    let plain = without_environment(command.clone());
    // First the words alone: what is wrong or missing in them is told with them, and not with all that the environment
    // has.
    if let Err(error) = plain.clone().try_get_matches_from(words) {
        return Err(match error.kind() {
            // Help names the variables.
            ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                command.try_get_matches_from(words).err().unwrap_or(error)
            }
            _ => error,
        });
    }
    let (leaf, depth) = asked(&command, words);
    let given = given(leaf, &words[depth..], &variable);
    let flags = given.iter().map(|(flag, (_, value))| flag_with(flag, value));
    let all = words[..depth].iter().cloned().chain(flags).chain(words[depth..].iter().cloned());
    P::from_arg_matches(&plain.try_get_matches_from(all).map_err(|error| by_its_name(error, &given))?)
}

/// A command with settings leaves them out of its help, where they would drown the rest: they have a page of their own.
fn shown(command: Command) -> Command {
    let page = command.find_subcommand(SETTINGS).into_iter();
    let settings = page.flat_map(Command::get_arguments).map(|arg| arg.get_id().clone()).collect();
    without(&settings, command)
}

fn without(settings: &BTreeSet<Id>, command: Command) -> Command {
    command.mut_subcommands(|inner| {
        if inner.get_name() == SETTINGS {
            return inner;
        }
        let is_setting = |arg: &Arg| settings.contains(arg.get_id());
        let takes_settings = inner.get_arguments().any(is_setting);
        let inner = without(settings, inner).mut_args(|arg| if is_setting(&arg) { arg.hide(true) } else { arg });
        if takes_settings { inner.after_help(AFTER_HELP) } else { inner }
    })
}

/// The command that the words lead to, and where its own words begin.
fn asked<'a>(command: &'a Command, words: &[OsString]) -> (&'a Command, usize) {
    let mut found = (command, words.len().min(1));
    while let Some(inner) = words.get(found.1).and_then(|word| found.0.find_subcommand(word)) {
        found = (inner, found.1 + 1);
    }
    found
}

/// The settings of the command that the environment has and the command line has not.
fn given(command: &Command, own: &[OsString], variable: &impl Fn(&str) -> Option<OsString>) -> Given {
    let is_said =
        |flag: &str| own.iter().filter_map(|word| word.to_str()).any(|word| word.split('=').next() == Some(flag));
    let settings = command.get_arguments().filter_map(|arg| {
        let (flag, name) = (format!("--{}", arg.get_long()?), arg.get_env()?.to_str()?.to_owned());
        let value = value(arg, variable(&name)?)?;
        (!is_said(&flag)).then_some((flag, (name, value)))
    });
    settings.collect()
}

/// Without the blanks around it and around the parts of a list; `None` where nothing is left.
fn value(arg: &Arg, raw: OsString) -> Option<OsString> {
    let text = match raw.into_string() {
        Ok(text) => text,
        // The name of a folder, of which nothing is known.
        Err(raw) => return Some(raw),
    };
    let kept = match arg.get_value_delimiter() {
        None => text.trim().to_owned(),
        Some(delimiter) => {
            let parts: Vec<&str> = text.split(delimiter).map(str::trim).filter(|part| !part.is_empty()).collect();
            parts.join(&delimiter.to_string())
        }
    };
    (!kept.is_empty()).then(|| kept.into())
}

/// As one word, so that no value is taken for another flag.
fn flag_with(flag: &str, value: &OsString) -> OsString {
    let mut word = OsString::from(format!("{flag}="));
    word.push(value);
    word
}

fn without_environment(command: Command) -> Command {
    command.mut_args(|arg| arg.env(Resettable::Reset)).mut_subcommands(without_environment)
}

/// clap names the flag, which no one wrote.
fn by_its_name(mut error: clap::Error, given: &Given) -> clap::Error {
    if let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg)
        && let Some((name, _)) = arg.split_whitespace().next().and_then(|flag| given.get(flag))
    {
        error.insert(ContextKind::InvalidArg, ContextValue::String(name.clone()));
        error.remove(ContextKind::Usage);
    }
    error
}
