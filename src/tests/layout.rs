//! The order of reading is the order of import, and each kind of code stands where the layout says.

use std::{fs, path::Path, path::PathBuf};

/// `lib.rs` names the modules in reading order; a module uses only those above it.
fn reading_order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs");
    lib.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect()
}

const FEATURES: [&str; 8] = ["account", "admin", "dashboard", "home", "lab", "notes", "reset", "signup"];

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

/// The modules that a file names in `crate::…` paths, in `use crate::{…}` lists too.
fn used_modules(code: &str, order: &[String]) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let list = if rest.starts_with('{') { list_heads(rest) } else { vec![head(rest)] };
        used.extend(list.into_iter().filter(|name| order.contains(name)));
    }
    used
}

fn head(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of a brace list, inner lists left out.
fn list_heads(text: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            ',' | '}' if depth == 1 => {
                heads.push(head(text[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
        depth -= i32::from(c == '}');
        if depth == 0 {
            break;
        }
    }
    heads
}

#[test]
fn a_module_uses_only_those_above_it() {
    let order = reading_order();
    let place = |module: &str| order.iter().position(|name| name == module);
    for (file, code) in sources() {
        let own = module_of(&file);
        let Some(own_place) = place(own) else { continue };
        for used in used_modules(&code, &order) {
            assert!(place(&used) <= Some(own_place), "{file} uses {used}, which comes later in lib.rs");
        }
    }
}

#[test]
fn no_feature_imports_another() {
    let order = reading_order();
    for (file, code) in sources().iter().filter(|(file, _)| FEATURES.contains(&module_of(file))) {
        for used in used_modules(code, &order) {
            let other_feature = FEATURES.contains(&&*used) && used != module_of(file);
            assert!(!other_feature, "{file} uses the feature {used}");
        }
    }
}

#[test]
fn the_side_of_a_file_is_decided_in_mod_files_only() {
    for (file, code) in sources() {
        let count = code.matches("feature = \"").count();
        let allowed = match &*file {
            "lib.rs" | "main.rs" => usize::MAX,
            "error.rs" => 1,
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
        assert!(!holds_sql || file.ends_with("/store.rs") || file == "db.rs", "{file} holds SQL");
    }
}

#[test]
fn a_jwt_is_read_in_one_place() {
    for (file, code) in sources() {
        let reads = code.contains("jsonwebtoken::decode") || code.contains("Validation");
        assert!(!reads || file == "tokens/verify.rs", "{file} reads a JWT");
    }
}

#[test]
fn routes_are_made_in_one_place() {
    for (file, code) in sources() {
        assert!(!code.contains(".route(") || file == "router.rs", "{file} makes a route");
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

/// What the stories stand on, and the stories. Their borders are few, and named.
#[test]
fn the_core_knows_no_http_and_no_page() {
    const CORE: [&str; 10] = [
        "audit",
        "auth",
        "instances",
        "known_devices",
        "revocations",
        "second_factor",
        "sessions",
        "throttle",
        "tokens",
        "users",
    ];
    const BORDERS: [&str; 13] = [
        "sessions/client.rs",
        "sessions/find_user.rs",
        "sessions/page.rs",
        "sessions/stream.rs",
        "sessions/tower_session.rs",
        "sessions/watch.rs",
        "tokens/bearer.rs",
        "tokens/client.rs",
        "tokens/jwks.rs",
        "tokens/page_token.rs",
        "tokens/routes.rs",
        "users/client.rs",
        "users/password_field.rs",
    ];
    const FOREIGN: [&str; 7] = ["leptos", "axum", "tower_sessions", "crate::web", " web::", "ui::", "cookies"];
    let mut looked_at = 0;
    for (file, code) in sources() {
        if CORE.contains(&module_of(&file)) && !BORDERS.contains(&&*file) {
            let found = FOREIGN.iter().find(|word| code.contains(**word));
            assert_eq!(found, None, "{file}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "{looked_at} files");
}

/// Or a person without JavaScript comes back to some other page.
#[test]
fn every_form_says_which_page_it_stands_on() {
    // An island, which knows no page: its action has one. A download, which leads nowhere.
    let others = ["lab/lanes/island.rs", "account/codes_page.rs", "notes/editor.rs"];
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
