//! Who can read the data folder and what lies in it; what a backup has to take. Server side.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::base::{config::Config, db};

/// A journal that has grown beyond this is not taken into the database any more: a reader that never ends holds it.
const JOURNAL_MAX_BYTES: u64 = 256 * 1024 * 1024;

pub fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if config.data_dir.exists() {
        findings.push(modes(config));
    }
    findings.extend(database_file(config).as_deref().and_then(backup));
    findings
}

/// The file of SQLite, where that is the database.
fn database_file(config: &Config) -> Option<PathBuf> {
    db::sqlite_file(&config.database_url())
}

/// A folder that nobody else can enter protects what is in it.
fn modes(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let files = [Some(folder.join("secret.key")), database_file(config)];
    let open: Vec<String> = files
        .into_iter()
        .flatten()
        .filter(|file| file.is_file() && others_may(file))
        .map(|file| file.display().to_string())
        .collect();
    let shown = folder.display();
    match (others_may(folder), open.is_empty()) {
        (false, true) => Finding::good("files", format!("{shown} and what is in it are their owner's alone")),
        (true, true) => Finding::warning(
            "files",
            format!("other users of this machine can look into {shown}"),
            format!("chmod 700 {shown}"),
        ),
        (false, false) => Finding::warning(
            "files",
            format!("{} could be read by others if the folder were open", open.join(", ")),
            format!("chmod 600 {}", open.join(" ")),
        ),
        (true, false) => Finding::broken(
            "files",
            format!("other users of this machine can read {}", open.join(", ")),
            format!("chmod 700 {shown}; chmod 600 {}", open.join(" ")),
        ),
    }
}

#[cfg(unix)]
fn others_may(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may(_path: &Path) -> bool {
    false
}

/// What was written last is in the journal beside the file, not in it.
fn backup(file: &Path) -> Option<Finding> {
    let shown = file.display();
    let bytes = |path: &Path| path.metadata().map(|found| found.len()).ok();
    let size = bytes(file)?;
    let journal = bytes(&db::beside(file, "-wal")).unwrap_or_default();
    if journal > JOURNAL_MAX_BYTES {
        return Some(Finding::warning(
            "backup",
            format!("the journal {shown}-wal has grown to {} MiB", journal / 1024 / 1024),
            "look for a program that keeps the database open, and restart the server",
        ));
    }
    Some(Finding::good(
        "backup",
        format!(
            "the database has {} MiB and a journal of {} KiB; take copies with `sqlite3 {shown} \".backup FILE\"`, since the \
             file alone lacks what is in the journal; keep secret.key apart from them",
            size / 1024 / 1024,
            journal / 1024
        ),
    ))
}
