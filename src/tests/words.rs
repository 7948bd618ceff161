//! One word per thing (words.txt): in what people read, in the documents, and in comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

struct Rule {
    /// How far it reaches.
    place: Kind,
    words: String,
    say: String,
}

fn rules() -> Vec<Rule> {
    let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#'));
    let rules = lines.map(|line| {
        let (place, rest) = line.split_once(' ').expect("where and what");
        let (words, say) = rest.trim().split_once("  ").expect("words, and what to say");
        let place = match place {
            "page" => Kind::Page,
            "text" => Kind::Document,
            _ => Kind::Comment,
        };
        Rule { place, words: words.to_lowercase(), say: say.trim().to_owned() }
    });
    rules.collect()
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-')
}

/// What stands around the words in a text; not as a part of longer words.
fn find<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let begins_in_word = words.starts_with(is_of_a_word);
    let (at, _) = text.match_indices(words).find(|(at, _)| {
        let before = text[..*at].chars().next_back().is_some_and(is_of_a_word);
        let after = text[at + words.len()..].chars().next().is_some_and(is_of_a_word);
        !(begins_in_word && (before || after))
    })?;
    let from = text[..at].char_indices().rev().nth(40).map_or(0, |(at, _)| at);
    let to = text[at..].char_indices().nth(words.len() + 40).map_or(text.len(), |(end, _)| at + end);
    Some(&text[from..to])
}

/// The first words in a text of the program that it does not use.
pub fn forbidden(text: &str) -> Option<String> {
    let text = one_line(text);
    rules().into_iter().map(|rule| rule.words).find(|words| find(&text, words).is_some())
}

/// What is read by ever fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Page,
    Document,
    Comment,
}

/// The string literals and the comments of Rust code, each on one line, in lower case.
fn parts_of_rust(code: &str) -> Vec<(Kind, String)> {
    let (mut parts, mut rest) = (Vec::new(), code);
    while let Some(at) = rest.find(['"', '/', '\'', 'r']) {
        let (here, before) = (&rest[at..], rest[..at].chars().next_back());
        let hashes = here[1..].bytes().take_while(|byte| *byte == b'#').count();
        let is_raw = here.starts_with('r') && here[1 + hashes..].starts_with('"') && !before.is_some_and(is_of_a_word);
        rest = if here.starts_with("//") {
            let (comment, after) = here.split_once('\n').unwrap_or((here, ""));
            parts.push((Kind::Comment, comment.trim_start_matches(['/', '!']).to_owned()));
            after
        } else if is_raw {
            let inside = &here[hashes + 2..];
            let end = format!("\"{}", "#".repeat(hashes));
            let (text, after) = inside.split_once(&end).expect("the end of a raw string");
            parts.push((Kind::Page, text.to_owned()));
            after
        } else if let Some(inside) = here.strip_prefix('"') {
            let mut letters = inside.char_indices();
            let mut end = inside.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '\\' => _ = letters.next(),
                    '"' => {
                        end = at;
                        break;
                    }
                    _ => {}
                }
            }
            parts.push((Kind::Page, inside[..end].replace("\\n", " ").replace('\\', " ")));
            inside.get(end + 1..).unwrap_or_default()
        } else if here.starts_with("'\"'") || here.starts_with("'\\\"'") {
            here[1..].split_once('\'').map_or("", |(_, after)| after)
        } else {
            &here[1..]
        };
    }
    // Comments that follow each other are one text.
    let mut joined: Vec<(Kind, String)> = Vec::new();
    for (kind, text) in parts {
        let text = format!(" {}", one_line(&text));
        match joined.last_mut() {
            Some((Kind::Comment, last)) if kind == Kind::Comment => last.push_str(&text),
            _ => joined.push((kind, text)),
        }
    }
    joined.into_iter().map(|(kind, text)| (kind, without_code(&text))).collect()
}

/// The paragraphs of a document, without what is code in them.
fn parts_of_document(text: &str) -> Vec<(Kind, String)> {
    let prose: String = text.split("```").step_by(2).collect();
    prose.split("\n\n").map(|paragraph| (Kind::Document, without_code(&one_line(paragraph)))).collect()
}

fn one_line(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Not for people: stored, sealed under, in an address, or the name of a command, where not a letter may change.
const FIXED: [&str; 8] = [
    " force-logout",
    " gave way",
    " update users set email = 'gave way ' || id, disabled_at = $3 where email = $1 and id <> $2 and verified_at is null returning id, name",
    " log-in",
    " killed",
    " kill",
    " second factor of {user_id}",
    " /api/v1/admin/users/{id}/force-logout",
];

/// Names in backticks are quoted as they are.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("_")
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { walk(&entry, into) } else { into.push(entry) }
    }
}

#[test]
fn the_product_keeps_to_its_words() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![top.join("README.md")];
    for folder in ["src", "docs", "xtask/src", "xtask/bare/src", "xtask/seed/src"] {
        walk(&top.join(folder), &mut files);
    }
    let (rules, mut found) = (rules(), Vec::new());
    for file in files.iter().filter(|file| !file.starts_with(top.join("src/tests"))) {
        let parts = match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => parts_of_rust(&fs::read_to_string(file).expect("a file")),
            Some("md") => parts_of_document(&fs::read_to_string(file).expect("a file")),
            _ => continue,
        };
        // What clap shows as help is written as a comment.
        let is_help = ["src/cli", "src/base/config", "xtask/src"].iter().any(|place| file.starts_with(top.join(place)));
        for (kind, text) in parts.iter().filter(|(_, text)| !FIXED.contains(&text.as_str())) {
            let kind = if is_help { Kind::Page } else { *kind };
            let applies = |rule: &&Rule| kind <= rule.place;
            for rule in rules.iter().filter(applies) {
                let Some(around) = find(text, &rule.words) else { continue };
                let name = file.strip_prefix(top).expect("below the top").display();
                found.push(format!("{name}: not \"{}\" but {}: …{around}…", rule.words, rule.say));
            }
        }
    }
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}

#[test]
fn words_are_found_in_strings_comments_and_documents_and_not_in_code() {
    let code =
        "// Nobody, `nobody`.\nlet nobody = \"No\\\n   body \\\" is\"; // end\nlet a = r#\"raw \"x\"\"#; let c = '\"';";
    let parts = parts_of_rust(code);
    let text = |text: &str| (Kind::Page, text.to_owned());
    let comment = |text: &str| (Kind::Comment, text.to_owned());
    assert_eq!(parts, [comment(" nobody, _."), text(" no body \" is"), comment(" end"), text(" raw \"x\"")]);
    assert_eq!(
        parts_of_document("A\nb\n\n```\ncode\n```\nc `d`"),
        [(Kind::Document, "a b".to_owned()), (Kind::Document, "c _".to_owned())]
    );
    for (text, words) in [("for nobody's use", "nobody's"), ("a log-in.", "log-in"), ("1 session(s)", "(s)")] {
        assert_eq!(find(text, words), Some(text));
    }
    for (text, words) in [("__host-log-in", "log-in"), ("log-in-page", "log-in"), ("nobodyelse", "nobody")] {
        assert_eq!(find(text, words), None);
    }
    assert_eq!(forbidden("Nothing\nof it"), None);
    assert_eq!(forbidden("Please  do\n it"), Some("do it".to_owned()));
}
