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
    assert_eq!(order.len(), 13, "{order:?}");
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
            // Which parts there are: for the settings of each a line, and for itself.
            "cli/parts.rs" => 6,
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
        assert!(!holds_sql || file.ends_with("/store.rs") || file.starts_with("base/db/"), "{file} holds SQL");
    }
}

/// PostgreSQL refuses a prepared statement whose columns a migration has changed, as long as the connection lives.
#[test]
fn a_statement_names_its_columns() {
    for (file, code) in sources() {
        assert!(!code.contains("select *") && !code.contains("returning *"), "{file} reads whatever is there");
    }
}

#[test]
fn our_jwts_are_read_in_one_place() {
    for (file, code) in sources() {
        let reads = ["jsonwebtoken::decode", "Validation", "insecure_decode"].iter().any(|word| code.contains(word));
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

/// What code says that knows of a request, of its answer or of a page. `crate::web` comes later in `lib.rs`.
fn foreign_to_the_core(code: &str) -> Option<&'static str> {
    const FOREIGN: [&str; 9] = [
        "leptos",
        "axum",
        "tower_sessions",
        "hyper",
        "http::",
        "expect_context",
        "cookie::",
        "cookies::",
        "SET_COOKIE",
    ];
    FOREIGN.into_iter().find(|word| code.contains(word))
}

/// The core is read without knowing what a request is.
#[test]
fn the_core_knows_no_http_and_no_page() {
    assert_eq!(foreign_to_the_core("let app = expect_context::<App>();"), Some("expect_context"));
    assert_eq!(foreign_to_the_core("headers.append(header::SET_COOKIE, value)"), Some("SET_COOKIE"));
    assert_eq!(foreign_to_the_core("use crate::base::state::AppState;"), None);
    let mut looked_at = 0;
    for (file, code) in sources().into_iter().filter(|(file, _)| file.starts_with("auth/")) {
        assert_eq!(foreign_to_the_core(&code), None, "{file}");
        looked_at += 1;
    }
    assert!(looked_at > 50, "{looked_at} files");
}

/// Or a person without JavaScript comes back to some other page. Most forms are a `Form` or a `ButtonForm`: each is one here.
#[test]
fn every_form_says_which_page_it_stands_on() {
    // A form that leads to an application. A download, which leads nowhere. An island, which knows no page: its action has one.
    let others = ["oauth/answer.rs", "pages/account/codes_page.rs", "pages/notes/editor.rs"];
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
    assert!(forms > 10, "{forms} forms were found");
}

/// The core is small enough to be read in an afternoon. Tests are not in it, and comments and blank lines count.
const CORE_LINES_MAX: usize = 7_000;

/// What to say of a core that has grown too long.
fn too_long(lines: usize) -> Option<String> {
    (lines > CORE_LINES_MAX).then(|| {
        format!(
            "src/auth has {lines} lines, {} too many. What nobody must know to understand log-in, sessions, tokens and \
             revocation belongs into a room of its own (docs/ARCHITECTURE.md, \"Rooms\"); what is left, say shorter.",
            lines - CORE_LINES_MAX
        )
    })
}

#[test]
fn the_core_is_read_in_an_afternoon() {
    fn lines(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.map(|path| if path.is_dir() { lines(&path) } else { text(&path).lines().count() }).sum()
    }
    let text_of_too_many = too_long(CORE_LINES_MAX + 3).expect("an objection");
    assert!(text_of_too_many.contains("7003 lines, 3 too many"), "{text_of_too_many}");
    let lines = lines(&root().join("auth"));
    assert!(lines > 1_000, "the core was found");
    assert_eq!(too_long(lines), None);
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

/// Files that import each other in a ring, each the next one, if there are any. What a `mod.rs` takes of its own
/// children by their bare names is no import: it is their face.
fn circle(files: &[(String, String)]) -> Option<Vec<String>> {
    let file_of = |path: &str| {
        let mut path = path.replace("::", "/");
        loop {
            let found =
                files.iter().position(|(name, _)| *name == format!("{path}.rs") || *name == format!("{path}/mod.rs"));
            match (found, path.rfind('/')) {
                (Some(found), _) => return Some(found),
                (None, Some(end)) => path.truncate(end),
                (None, None) => return None,
            }
        }
    };
    let imports: Vec<Vec<usize>> = files
        .iter()
        .enumerate()
        .map(|(own, (file, code))| {
            paths(file, code).iter().filter_map(|path| file_of(path)).filter(|other| *other != own).collect()
        })
        .collect();
    let mut done = vec![false; files.len()];
    let mut way = Vec::new();
    (0..files.len())
        .find_map(|start| ring(start, &imports, &mut way, &mut done))
        .map(|ring| ring.into_iter().map(|place| files[place].0.clone()).collect())
}

/// Goes down every import of `place`; the part of the way that closes, where one leads back to it.
fn ring(place: usize, imports: &[Vec<usize>], way: &mut Vec<usize>, done: &mut [bool]) -> Option<Vec<usize>> {
    if let Some(at) = way.iter().position(|earlier| *earlier == place) {
        return Some(way[at..].to_vec());
    }
    if done[place] {
        return None;
    }
    way.push(place);
    let found = imports[place].iter().find_map(|next| ring(*next, imports, way, done));
    way.pop();
    done[place] = true;
    found
}

/// Or none of them can be understood first.
#[test]
fn no_files_import_each_other_in_a_circle() {
    let made_up = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
        circle(&files)
    };
    let (one, two) = (("a/one.rs", "use super::two::B;"), ("a/two.rs", "use crate::{a::{mod_only, one::A}, b};"));
    let ring = made_up(&[("b.rs", ""), one, two]).expect("a circle within a folder");
    assert_eq!(ring, ["a/one.rs", "a/two.rs"]);
    let three = [("a.rs", "use crate::b::f;"), ("b/mod.rs", "use crate::c;"), ("c.rs", "fn g() { crate::a::h() }")];
    assert_eq!(made_up(&three).expect("a circle of three").len(), 3);
    assert_eq!(made_up(&[("a.rs", "use crate::b::f;"), ("b.rs", "use crate::c;"), ("c.rs", "")]), None);
    assert_eq!(circle(&sources()), None);
}
