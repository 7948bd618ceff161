//! The documents stay true: the files, functions, tests, settings and links that they name are there.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README and docs/: where each is, and its text.
fn documents() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).expect("docs/").map(|entry| entry.expect("an entry").path());
    let paths = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a document");
        (path, text)
    };
    paths.chain([root().join("README.md")]).map(read).collect()
}

/// All code below this folder.
fn code_below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = entries.map(|path| match path.extension() {
        _ if path.is_dir() => code_below(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(&path).expect("a file"),
        _ => String::new(),
    });
    texts.collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn has_function(code: &str, name: &str) -> bool {
    code.contains(&format!("fn {name}(")) || code.contains(&format!("fn {name}<"))
}

/// A file below `src/`, as `auth/log_in.rs`, or a function in it, as `auth/log_in.rs: log_in`. `None`: it is something else.
fn is_in_code(quoted: &str) -> Option<bool> {
    let (file, function) = quoted.split_once(": ").unwrap_or((quoted, ""));
    let is_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_/.".contains(c);
    if !file.ends_with(".rs") || !file.chars().all(is_path) || (function.is_empty() && !file.contains('/')) {
        return None;
    }
    let text = [root().join("src").join(file), root().join(file)].iter().find_map(|path| fs::read_to_string(path).ok());
    Some(text.is_some_and(|text| function.is_empty() || has_function(&text, function)))
}

fn settings(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.strip_prefix("LATCHKEY_").is_some_and(|rest| !rest.is_empty() && !rest.ends_with('_')))
}

/// Files that a document leads to; addresses elsewhere are none of ours.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// The tests that the list of invariants names.
fn tests_of_invariants(text: &str) -> impl Iterator<Item = &str> {
    let section = text.split("\n## ").find(|section| section.starts_with("Invariants")).unwrap_or_default();
    let is_name = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    quoted(section).filter(is_name)
}

#[test]
fn what_the_documents_name_is_there() {
    let tests = code_below(&root().join("src/tests"));
    let code = code_below(&root().join("src")) + &code_below(&root().join("xtask"));
    let (mut found, mut missing) = (0, Vec::new());
    for (path, text) in documents() {
        let folder = path.parent().expect("a folder");
        let document = path.file_name().expect("a name").to_string_lossy().into_owned();
        let in_code = quoted(&text).filter_map(|word| Some((word, is_in_code(word)?)));
        let set = settings(&text).map(|name| (name, code.contains(&format!("\"{name}\""))));
        let linked = links(&text).map(|target| (target, folder.join(target).exists()));
        let proven = tests_of_invariants(&text).map(|name| (name, has_function(&tests, name)));
        for (name, is_there) in in_code.chain(set).chain(linked).chain(proven) {
            found += 1;
            if !is_there {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(found > 200, "only {found} names were found");
    assert!(missing.is_empty(), "named and not there:\n{}", missing.join("\n"));
}
