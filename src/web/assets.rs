//! Where the browser package and the public files lie, and how they are served. Server side.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;

/// Leptos' settings. The assets are `site/` beside the program, so that it runs in any working directory;
/// `LEPTOS_SITE_ROOT` says otherwise.
pub fn leptos_options() -> LeptosOptions {
    let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(|folder| folder.join("site")));
    let root = std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from).or(beside).unwrap_or_else(|| "site".into());
    LeptosOptions::builder()
        .output_name("latchkey")
        .site_root(root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .hash_files(hash_file().is_file())
        .build()
}

/// What browsers load of the browser package, by address.
pub struct Package {
    pub style: String,
    /// On every page.
    pub page: Module,
    /// Where there are islands.
    pub islands: Module,
}

/// Our WebAssembly, and the JavaScript that loads it.
pub struct Module {
    pub js: String,
    pub wasm: String,
}

/// The package as it was when the first page was made; `None` without one.
pub fn package() -> Option<&'static Package> {
    static PACKAGE: LazyLock<Option<Package>> = LazyLock::new(|| {
        let hashes = fs::read_to_string(hash_file()).ok()?;
        let style = address("", "css", &hashes)?;
        Some(Package { style, page: module("page-", &hashes)?, islands: module("", &hashes)? })
    });
    PACKAGE.as_ref()
}

fn module(kind: &str, hashes: &str) -> Option<Module> {
    Some(Module { js: address(kind, "js", hashes)?, wasm: address(kind, "wasm", hashes)? })
}

/// `kind`: what stands before the end of the name in the file of hashes, and behind the name of the product in the address.
fn address(kind: &str, end: &str, hashes: &str) -> Option<String> {
    let hash = hashes.lines().find_map(|line| line.strip_prefix(&format!("{kind}{end}: ")))?;
    Some(format!("/pkg/latchkey.{kind}{hash}.{end}"))
}

/// As [`address`] names them.
const FILES: [(&str, &str); 5] = [("", "css"), ("page-", "js"), ("page-", "wasm"), ("", "js"), ("", "wasm")];

/// What is missing of the browser package, if anything: a file, a folder, or a line in the file of hashes. Without the
/// package pages work, but only as without JavaScript.
pub fn missing(options: &LeptosOptions) -> Option<String> {
    missing_of(Path::new(&*options.site_root), &hash_file())
}

/// Of the package in this folder, by this file of hashes.
pub fn missing_of(site: &Path, hash_file: &Path) -> Option<String> {
    if !site.join("pkg").is_dir() {
        return Some(site.join("pkg").display().to_string());
    }
    let Ok(hashes) = fs::read_to_string(hash_file) else { return Some(hash_file.display().to_string()) };
    FILES.iter().find_map(|(kind, end)| match address(kind, end, &hashes) {
        None => Some(format!("the line “{kind}{end}” of {}", hash_file.display())),
        Some(address) => {
            let file = site.join(address.trim_start_matches('/'));
            (!file.is_file()).then(|| file.display().to_string())
        }
    })
}

/// `hash.txt` beside the program names the files of the package; Leptos panics when it is announced and not there.
fn hash_file() -> PathBuf {
    std::env::current_exe().map(|exe| exe.with_file_name("hash.txt")).unwrap_or_default()
}

/// The file that the request names, if there is one; a file needs no session. No page has a dot in its address, so only
/// what has one is looked for.
///
/// No listing; compressed where the build made it so. What has a hash in its name never changes; the rest is asked
/// for again after an hour.
pub async fn file(options: &LeptosOptions, parts: &Parts) -> Option<Response> {
    if !matches!(parts.method, Method::GET | Method::HEAD) || !parts.uri.path().contains('.') {
        return None;
    }
    let mut files = ServeDir::new(&*options.site_root).precompressed_br().append_index_html_on_directories(false);
    let mut response = match files.try_call(Request::from_parts(parts.clone(), Body::empty())).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => return None,
        Ok(response) => response.map(Body::new),
        Err(error) if names_no_file(&error) => return None,
        Err(error) => {
            tracing::error!(%error, "a file of the site cannot be read");
            return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        }
    };
    // One address has the file in two encodings (RFC 9110 12.5.5); a cache must not give the compressed one to all.
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(kind) = response.headers().get(header::CONTENT_TYPE).and_then(with_charset) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let hashed = parts.uri.path().starts_with("/pkg/");
        let value = if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    }
    Some(response)
}

/// What the system says of a name that no file can have: too long, below a file, with a zero byte in it.
fn names_no_file(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

/// All text of ours is UTF-8, and without a word some readers guess.
fn with_charset(kind: &HeaderValue) -> Option<HeaderValue> {
    let kind = kind.to_str().ok()?;
    let is_text = kind.starts_with("text/") || ["javascript", "json", "xml"].iter().any(|end| kind.ends_with(end));
    is_text.then(|| HeaderValue::from_str(&format!("{kind}; charset=utf-8")).ok()).flatten()
}
