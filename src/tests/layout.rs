//! The order of reading is the order of import, and each kind of code stands where the layout says.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// `lib.rs` names the modules in reading order; a module uses only those above it.
fn reading_order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs");
    lib.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect()
}

/// Parts of the site that stand on no other one.
const FEATURES: [&str; 7] = ["account", "admin", "dashboard", "home", "notes", "reset", "signup"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Path below `src/`, text without its comments.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                walk(&entry, into);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).expect("a file");
                let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let name = entry.strip_prefix(root()).expect("below src").to_string_lossy().replace('\\', "/");
                into.push((name, code.join("\n")));
            }
        }
    }
    let mut files = Vec::new();
    walk(&root(), &mut files);
    files.retain(|(name, _)| !name.starts_with("tests/"));
    assert!(files.len() > 50, "the sources were found");
    files
}

fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// The paths below the crate that a file names, in `use crate::{…}` lists too. `super` counts from the file's own module.
fn paths(file: &str, code: &str) -> Vec<String> {
    let own = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let above = own.rsplit_once("::").map_or("", |(above, _)| above);
    let mut found = Vec::new();
    for (root, from) in [("crate::", ""), ("super::", above)] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            let path_ends = rest.find(|c| !is_of_path(c)).unwrap_or(rest.len());
            let end = if rest[path_ends..].starts_with('{') { rest.find(';') } else { Some(path_ends) };
            let base = if from.is_empty() { String::new() } else { format!("{from}::") };
            flatten(&base, &rest[..end.unwrap_or(rest.len())], &mut found);
        }
    }
    found
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || "_:".contains(c)
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn flatten(base: &str, tree: &str, found: &mut Vec<String>) {
    let Some((head, list)) = tree.split_once('{') else {
        found.push(format!("{base}{}", tree.trim()));
        return;
    };
    let (base, mut depth, mut start) = (format!("{base}{}", head.trim()), 0_i32, 0);
    for (at, c) in list.char_indices() {
        if depth == 0 && (c == ',' || c == '}') {
            flatten(&base, &list[start..at], found);
            start = at + 1;
        }
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth < 0 {
            break;
        }
    }
}

#[test]
fn paths_are_read_out_of_lists() {
    let code = "use crate::{base::{db::Tx, error}, web};\nuse crate::lab::{page, world::Lab};\nuse super::page::{Page};\n\
                let a = crate::ui::when();";
    let all =
        ["base::db::Tx", "base::error", "web", "lab::page", "lab::world::Lab", "ui::when", "pages::notes::page::Page"];
    assert_eq!(paths("pages/notes/load.rs", code), all);
}

#[test]
fn a_room_uses_only_those_above_it() {
    let order = reading_order();
    assert_eq!(order.len(), 12, "{order:?}");
    let place = |room: &str| order.iter().position(|name| name == room);
    for (file, code) in sources() {
        let Some(own_place) = place(module_of(&file)) else { continue };
        for path in paths(&file, &code) {
            let used = path.split("::").next().unwrap_or_default();
            assert!(place(used) <= Some(own_place), "{file} uses {path}, which comes later in lib.rs");
        }
    }
}

/// Nor does the Lab import one.
#[test]
fn no_feature_imports_another() {
    for (file, code) in sources() {
        let own = match file.strip_prefix("pages/") {
            Some(rest) => rest.split('/').next().unwrap_or_default(),
            None if file.starts_with("lab/") => "lab",
            None => continue,
        };
        if own != "lab" && !FEATURES.contains(&own) {
            continue;
        }
        for path in paths(&file, &code) {
            let other = path.strip_prefix("pages::").and_then(|rest| rest.split("::").next()).unwrap_or(own);
            assert!(other == own || !FEATURES.contains(&other), "{file} uses the feature {other}");
        }
    }
}

#[test]
fn the_side_of_a_file_is_decided_in_mod_files_only() {
    for (file, code) in sources() {
        let count = code.matches("feature = \"").count();
        let allowed = match &*file {
            "lib.rs" | "main.rs" => usize::MAX,
            "base/error.rs" => 1,
            _ if file.ends_with("/mod.rs") => usize::MAX,
            _ => 0,
        };
        assert!(count <= allowed, "{file} decides its side itself");
    }
}

#[test]
fn sql_stands_in_stores_only() {
    let verbs = ["\"select ", "\"insert ", "\"update ", "\"delete "];
    for (file, code) in sources() {
        let holds_sql = verbs.iter().any(|verb| code.contains(verb));
        assert!(!holds_sql || file.ends_with("/store.rs") || file == "base/db.rs", "{file} holds SQL");
    }
}

#[test]
fn a_jwt_is_read_in_one_place() {
    for (file, code) in sources() {
        let reads = code.contains("jsonwebtoken::decode") || code.contains("Validation");
        assert!(!reads || file == "auth/tokens/verify.rs", "{file} reads a JWT");
    }
}

#[test]
fn routes_are_made_in_one_place() {
    for (file, code) in sources() {
        assert!(!code.contains(".route(") || file == "serve/router.rs", "{file} makes a route");
    }
}

#[test]
fn nothing_is_kept_in_the_browsers_storage() {
    for (file, code) in sources() {
        assert!(!code.contains("local_storage") && !code.contains("session_storage"), "{file}");
    }
}

/// A claim without its test is a promise.
#[test]
fn every_test_that_the_security_document_names_exists() {
    let document = fs::read_to_string(root().join("../docs/SECURITY.md")).expect("docs/SECURITY.md");
    let tests: String = fs::read_dir(root().join("tests"))
        .expect("the tests")
        .map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a file"))
        .collect();
    let is_name = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named: Vec<&str> = document.split('`').skip(1).step_by(2).filter(is_name).collect();
    assert!(named.len() > 50, "the names were found");
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "{name} is not there");
    }
}

/// The core is read without knowing what a request is.
#[test]
fn the_core_knows_no_http_and_no_page() {
    const FOREIGN: [&str; 5] = ["leptos", "axum", "tower_sessions", "expect_context", "cookie::"];
    let mut looked_at = 0;
    for (file, code) in sources().into_iter().filter(|(file, _)| file.starts_with("auth/")) {
        let found = FOREIGN.iter().find(|word| code.contains(**word));
        assert_eq!(found, None, "{file}");
        looked_at += 1;
    }
    assert!(looked_at > 50, "{looked_at} files");
}

/// Or a person without JavaScript comes back to some other page.
#[test]
fn every_form_says_which_page_it_stands_on() {
    // An island, which knows no page: its action has one. A download, which leads nowhere.
    let others = ["lab/lanes/island.rs", "pages/account/codes_page.rs", "pages/notes/editor.rs"];
    let mut forms = 0;
    for (file, code) in sources().iter().filter(|(file, _)| !others.contains(&file.as_str())) {
        for (at, _) in code.match_indices("<form").filter(|(at, _)| {
            let tag = &code[*at..];
            tag[..tag.find(">\n").unwrap_or(tag.len())].contains("method=\"post\"")
        }) {
            let form = code[at..].split("</form>").next().unwrap_or_default();
            let says = ["<Here />", "name=PAGE", "<Carried"].iter().any(|part| form.contains(part));
            assert!(says, "{file}: {form}");
            forms += 1;
        }
    }
    assert!(forms > 15, "{forms} forms were found");
}
