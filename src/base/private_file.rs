//! Files and folders that only their owner can read. Server side.

use std::{fs::Metadata, path::Path};

/// Makes a folder that only its owner can open; one that exists stays as it is.
///
/// # Errors
/// When the system refuses.
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
///
/// # Errors
/// Otherwise, and when the system refuses.
pub fn open_private(path: &Path) -> std::io::Result<std::fs::File> {
    if path.is_symlink() {
        return Err(std::io::Error::other("it's a link to another file"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path)?;
    if is_for_others(&file.metadata()?) {
        return Err(std::io::Error::other("others can read or change it"));
    }
    Ok(file)
}

/// Whether others than the owner may read or change it, as far as the owner may ask.
pub fn others_may(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| is_for_others(&found))
}

#[cfg(unix)]
fn is_for_others(found: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_for_others(_found: &Metadata) -> bool {
    false
}

/// Why SQLite cannot work with its file, which it does not say: it writes the file, and a journal beside it.
pub fn hindrance(file: &Path) -> Option<String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    [file, folder].into_iter().find_map(|path| {
        let error = unwritable(path)?;
        Some(format!("cannot read and write {}: {error}", path.display()))
    })
}

/// Why this process may not read and write here, without opening anything: a file that SQLite has open must not be closed
/// by someone else.
#[cfg(unix)]
fn unwritable(path: &Path) -> Option<std::io::Error> {
    use rustix::fs::{Access, access};
    access(path, Access::READ_OK | Access::WRITE_OK).err().map(Into::into)
}

#[cfg(not(unix))]
fn unwritable(_path: &Path) -> Option<std::io::Error> {
    None
}
