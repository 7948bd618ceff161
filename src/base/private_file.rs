//! Files and folders that only their owner can read. Server side.

use std::{
    fs::Metadata,
    io::{Error, ErrorKind},
    path::Path,
};

/// Makes a folder that only its owner can open; one that exists stays as it is.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options for writing a file that only its owner can read.
pub fn private_file() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file for reading that no one else can read, and that stands there itself.
pub fn open_private(path: &Path) -> std::io::Result<std::fs::File> {
    if path.is_symlink() {
        return Err(Error::other("it's a link to another file"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path)?;
    if is_for_others(&file.metadata()?) {
        return Err(Error::other("others can read or change it"));
    }
    Ok(file)
}

/// Whether others than the owner may read or change it, as far as the owner may ask.
pub fn others_may(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| is_for_others(&found))
}

/// Whether neither this file nor its folder keeps others out.
pub fn is_open(file: &Path) -> bool {
    others_may(file) && others_may(folder_of(file))
}

pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn is_for_others(found: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_for_others(_found: &Metadata) -> bool {
    false
}

/// Why SQLite cannot work with its file, which it does not say: it writes the file, and a journal and an index beside it.
#[cfg(unix)]
pub fn hindrance(file: &Path) -> Option<Error> {
    let folder = folder_of(file);
    let closed = [file, folder].into_iter().find_map(|path| Some(("cannot read and write", path, unwritable(path)?)));
    let (what, path, error) = closed.or_else(|| Some(("no room at", folder, full(folder)?)))?;
    Some(Error::new(error.kind(), format!("{what} {}: {error}", path.display())))
}

#[cfg(not(unix))]
pub fn hindrance(_file: &Path) -> Option<Error> {
    None
}

/// Whether there is no room on the disk, or none left for this user.
pub fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Why this process may not read and write here, without opening anything: a file that SQLite has open must not be closed
/// by someone else.
#[cfg(unix)]
fn unwritable(path: &Path) -> Option<Error> {
    use rustix::fs::{Access, access};
    access(path, Access::READ_OK | Access::WRITE_OK).err().map(Into::into)
}

/// SQLite's index takes 32 KiB, before anything is written.
#[cfg(unix)]
fn full(folder: &Path) -> Option<Error> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    (free < 64 * 1024).then(|| rustix::io::Errno::NOSPC.into())
}
