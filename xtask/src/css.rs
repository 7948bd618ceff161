//! One stylesheet out of many: `@import`s are put in their place, comments and blanks are taken out.
//!
//! Deliberately no CSS compiler: the ones there are take longer to build than the rest of this tool together.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

pub fn bundle(path: &Path) -> Result<String> {
    let mut open = Vec::new();
    Ok(compact(&inline(path, &mut open)?))
}

/// `open` are the files that we are in the middle of: importing one of them would never end.
fn inline(path: &Path, open: &mut Vec<PathBuf>) -> Result<String> {
    ensure!(!open.contains(&path.to_owned()), "{} imports itself", path.display());
    open.push(path.to_owned());
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut css = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("@import") {
            let Some((file, layer)) = parse_import(line) else {
                bail!(
                    "{}: only `@import \"./file.css\";` and `... layer(name);` are understood: {line}",
                    path.display()
                );
            };
            let imported = inline(&path.with_file_name(file), open)?;
            css += &layer.map_or(imported.clone(), |name| format!("@layer {name} {{\n{imported}}}\n"));
        } else {
            css += line;
            css.push('\n');
        }
    }
    open.pop();
    Ok(css)
}

/// `@import "./file.css" layer(name);` -> the file and the layer.
fn parse_import(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?;
    let (file, condition) = rest.strip_prefix('"')?.split_once('"')?;
    let file = file.strip_prefix("./")?;
    match condition.trim() {
        "" => Some((file, None)),
        layer => Some((file, Some(layer.strip_prefix("layer(")?.strip_suffix(')')?))),
    }
}

/// Drops comments, and blanks where they cannot mean anything: next to braces and after `;` and `,`. Strings stay as
/// they are.
fn compact(css: &str) -> String {
    let mut small = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
            push_blank(&mut small);
        } else if first == '"' || first == '\'' {
            let (string, after) = rest.split_at(string_length(rest, first));
            small += string;
            rest = after;
        } else {
            if first.is_whitespace() {
                push_blank(&mut small);
            } else {
                push_visible(&mut small, first);
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    small
}

fn push_blank(small: &mut String) {
    if !small.is_empty() && !small.ends_with([' ', '{', '}', ';', ',']) {
        small.push(' ');
    }
}

fn push_visible(small: &mut String, char: char) {
    if matches!(char, '{' | '}') && small.ends_with(' ') {
        small.pop();
    }
    small.push(char);
}

/// With both quotes. A backslash hides the character after it.
fn string_length(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((index, char)) = chars.next() {
        if char == '\\' {
            chars.next();
        } else if char == quote {
            return index + quote.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_put_in_their_place_and_keep_their_layer() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.css");
        fs::write(&main, "@layer a, b;\n@import \"./a.css\" layer(a);\n@import \"./b.css\";\np { color: red; }\n")
            .unwrap();
        fs::write(folder.path().join("a.css"), "a { top: 0 }").unwrap();
        fs::write(folder.path().join("b.css"), "b { top: 0 }").unwrap();
        assert_eq!(bundle(&main).unwrap(), "@layer a,b;@layer a{a{top: 0}}b{top: 0}p{color: red;}");
    }

    #[test]
    fn an_import_that_is_not_understood_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.css");
        for line in ["@import url(x.css);", "@import \"./x.css\" print;", "@import \"https://x/y.css\";"] {
            fs::write(&main, line).unwrap();
            assert!(bundle(&main).is_err(), "{line}");
        }
        fs::write(&main, "@import \"./main.css\";").unwrap();
        assert!(bundle(&main).unwrap_err().to_string().ends_with("imports itself"));
    }

    #[test]
    fn blanks_that_mean_something_stay() {
        let css =
            "a :hover > b { /* why */\n  margin : calc(1px + 2px) 0;\n}\n/**/ c::after { content: \"/* a  \\\"b\"; }\n";
        let small = "a :hover > b{margin : calc(1px + 2px) 0;}c::after{content: \"/* a  \\\"b\";}";
        assert_eq!(compact(css), small);
    }
}
