//! Who can read the data folder and what lies in it; what a backup has to take. Server side.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::base::{config::Config, db, private_file::others_may};

/// A journal that has grown beyond this is not taken into the database any more: a reader that never ends holds it.
const JOURNAL_MAX_BYTES: u64 = 256 * 1024 * 1024;

pub fn look(config: &Config) -> Vec<Finding> {
    let modes = config.data_dir.exists().then(|| modes(config));
    modes.into_iter().chain(database_file(config).as_deref().and_then(backup)).collect()
}

fn database_file(config: &Config) -> Option<PathBuf> {
    db::sqlite_file(&config.database_url())
}

/// A folder that no one else can enter protects what is in it.
fn modes(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let files = [Some(folder.join("secret.key")), database_file(config)];
    let files = files.into_iter().flatten().filter(|file| file.is_file() && others_may(file));
    let open: Vec<String> = files.map(|file| file.display().to_string()).collect();
    let (shown, names, paths) = (folder.display(), open.join(", "), open.join(" "));
    match (others_may(folder), open.is_empty()) {
        (false, true) => Finding::ok("files", format!("only the owner can read {shown} and the files in it")),
        (true, true) => {
            let words = format!("other users on this machine can read {shown}");
            Finding::warning("files", words, format!("chmod 700 {shown}"))
        }
        (false, false) => {
            let words = format!("other users could read {names} if they could open the folder");
            Finding::warning("files", words, format!("chmod 600 {paths}"))
        }
        (true, false) => {
            let words = format!("other users on this machine can read {names}");
            Finding::error("files", words, format!("chmod 700 {shown}; chmod 600 {paths}"))
        }
    }
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
            "look for a program that keeps the database open, then restart the server",
        ));
    }
    Some(Finding::ok(
        "backup",
        format!(
            "database: {}, journal: {}. Back up with `sqlite3 {shown} \".backup FILE\"`: the file alone lacks what is in the \
             journal. Keep secret.key apart from backups",
            mebibytes(size),
            mebibytes(journal)
        ),
    ))
}

fn mebibytes(bytes: u64) -> String {
    match bytes.div_ceil(1024 * 1024) {
        0 | 1 => "under 1 MiB".into(),
        mib => format!("{mib} MiB"),
    }
}
