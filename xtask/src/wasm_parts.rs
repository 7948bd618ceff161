//! Takes a wasm file apart: which crate, and which module of ours, takes how many bytes of it.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// In bytes, the largest first.
pub struct Costs {
    pub by_part: Vec<(String, u64)>,
    pub by_function: Vec<(String, u64)>,
    pub total: u64,
}

pub fn read(wasm: &[u8]) -> Result<Costs> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    let mut names = BTreeMap::new();
    let mut rest = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                *rest.entry("(imports)".to_owned()).or_default() += size(&section.range());
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(size(&body.range())),
            Payload::DataSection(section) => {
                *rest.entry("(data: texts, tables)".to_owned()).or_default() += size(&section.range())
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections {
                        if let Name::Function(map) = subsection? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index, naming.name.to_owned());
                            }
                        }
                    }
                }
            }
            Payload::CodeSectionStart { .. } => {}
            other => {
                if let Some((_, range)) = other.as_section() {
                    *rest.entry("(types, tables, exports)".to_owned()).or_default() += size(&range);
                }
            }
        }
    }
    if names.is_empty() {
        bail!("the functions of the wasm have no names");
    }
    let mut by_part = rest;
    let mut by_function = Vec::new();
    for (index, bytes) in (imported..).zip(bodies) {
        let name = names.remove(&index).unwrap_or_default();
        *by_part.entry(part_of(&name)).or_default() += bytes;
        by_function.push((name, bytes));
    }
    let total = by_part.values().sum();
    by_function.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let mut by_part: Vec<_> = by_part.into_iter().collect();
    by_part.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    Ok(Costs { by_part, by_function, total })
}

fn size(range: &std::ops::Range<usize>) -> u64 {
    range.len() as u64
}

/// The crate that a function comes from; of our own, the module below it. What is generic counts where it is written,
/// what is freed with a value where its type is.
fn part_of(name: &str) -> String {
    let name = name.strip_prefix("core::ptr::drop_in_place<").unwrap_or(name);
    // `<T as tachys::view::Render>::build`: the trait stands for it where the type is no path.
    let paths = name.split(" as ").map(path_of);
    match paths.into_iter().find(|path| path.contains("::")) {
        Some(path) => first_words(path),
        None if name.ends_with("externref shim") => "latchkey: ways in from JavaScript".to_owned(),
        None => "(no crate)".to_owned(),
    }
}

/// What is left of `<&mut dyn a::b::C<D> as E>::f` is `a::b::C`.
fn path_of(text: &str) -> String {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let text = ["mut ", "dyn ", "impl "].iter().fold(text, |text, word| text.strip_prefix(word).unwrap_or(text));
    // A crate may have its hash behind it: `core[c5930c85a12de822]::fmt`.
    let mut path = String::new();
    let mut in_hash = false;
    for c in text.chars() {
        match c {
            '[' => in_hash = true,
            ']' => in_hash = false,
            _ if in_hash => {}
            c if c.is_alphanumeric() || c == '_' || c == ':' => path.push(c),
            _ => break,
        }
    }
    path
}

fn first_words(path: String) -> String {
    let mut words = path.split("::").filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some("latchkey"), Some(module)) => format!("latchkey::{module}"),
        (Some(krate), _) => krate.to_owned(),
        _ => "(no crate)".to_owned(),
    }
}
