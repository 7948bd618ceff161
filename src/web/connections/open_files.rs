//! How many connections fit below the system's limit of open files. Server side.

use crate::base::config::Config;

/// Files that are no connections: the database (SQLite opens up to four for each of its connections, the Lab's included), the
/// files of the site, the mail server, the program's own.
pub fn other_files(config: &Config) -> u64 {
    64 + 4 * u64::from(config.database_connections + 7)
}

/// So many connections fit below this limit of open files; `None` is no limit. Whatever the system says, a few must.
pub fn fitting(config: &Config, open_files: Option<u64>) -> usize {
    const AT_LEAST: u64 = 16;
    let fit = open_files.map_or(u64::MAX, |files| files.saturating_sub(other_files(config)).max(AT_LEAST));
    usize::try_from(fit.min(config.connections.into())).unwrap_or(usize::MAX)
}

/// How many files this process may open: now, and after it has asked for more.
#[cfg(unix)]
pub fn open_files() -> (Option<u64>, Option<u64>) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    (limit.current, limit.maximum)
}

#[cfg(not(unix))]
pub fn open_files() -> (Option<u64>, Option<u64>) {
    (None, None)
}

/// Asks for as many open files as the settings need. Systems begin with 1,024, for old programs, and allow more.
#[cfg(unix)]
pub fn ask_for_open_files(config: &Config) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let wanted = u64::from(config.connections) + other_files(config);
    let (current, maximum) = open_files();
    if current.is_some_and(|current| current < wanted) {
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        // What it comes to is looked at afterwards.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}

#[cfg(not(unix))]
pub fn ask_for_open_files(_config: &Config) {}
