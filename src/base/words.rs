//! The words by which people and notes are found: the same rules for what is stored and for what is typed. Server side.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::base::{
    email::Email,
    text::{folded, is_of_word},
};

/// Longer words are cut, in characters: a database indexes no text of any length.
const WORD_CHARS_MAX: usize = 64;

/// So many typed words are looked at.
pub const TYPED_MAX: usize = 6;

/// Begins a whole address, which no other word does: who looks for "anna" should not pass each of them twice.
const WHOLE: char = '@';

/// Every word of a name and an address, and the whole address.
pub fn of(name: &str, email: &str) -> BTreeSet<String> {
    let whole = Some(format!("{WHOLE}{}", email.to_lowercase())).filter(|_| !email.is_empty());
    split(name).chain(split(email)).chain(whole).collect()
}

/// The beginnings of words that someone typed. What holds an `@` is the beginning of a whole address.
pub fn typed(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    // A zero byte would be one that PostgreSQL looks for in no text.
    for part in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()) {
        match part.find('@') {
            Some(1..) => words.push(format!("{WHOLE}{}", address(part))),
            _ => words.extend(split(part)),
        }
    }
    words.dedup();
    words.truncate(TYPED_MAX);
    words
}

/// What lists by name are sorted by; the address tells people of one name apart.
pub fn sort_text(name: &str, email: &str) -> String {
    format!("{} {email}", name.to_lowercase())
}

/// In the form in which addresses are stored, when it is a whole one.
fn address(part: &str) -> String {
    Email::parse(part)
        .map_or_else(|_| part.nfkc().collect::<String>().to_lowercase(), |email| email.as_str().to_owned())
}

/// Split at everything that belongs to no word, and folded: accents make no difference, however they were typed.
pub fn split(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<String> = folded(text)
        .split(|c: char| !is_of_word(c))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_CHARS_MAX).collect())
        .collect();
    words.into_iter()
}

/// All words that begin so, as a range of bytes: 0xff is in no UTF-8 text.
pub fn range(beginning: &str) -> (Vec<u8>, Vec<u8>) {
    let from = beginning.as_bytes().to_vec();
    let mut to = from.clone();
    to.push(0xff);
    (from, to)
}
