//! Letters and signs, as people write them. Server side.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::skeleton;

/// What words of any language are made of: letters, digits, and the marks that many scripts write beside their letters
/// (the vowels of Hindi, the tones of Thai).
pub fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) && !is_accent(c)
}

/// Marks that go with any letter: accents, rings, strokes. Those of a script (the vowels of Hindi) are none.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// As texts are compared in a search: in small letters and without accents, for many keyboards have none.
pub fn folded(text: &str) -> String {
    // The other letters are put together again: Korean syllables would fall apart.
    let plain: String = text.nfkd().filter(|c| !is_accent(*c)).nfc().collect();
    plain.to_lowercase().chars().filter(|c| !is_accent(*c)).collect()
}

/// Whether this word, in small letters, can be seen in a text: in other letters that look the same (UTS 39), with other
/// signs between them, in capitals.
pub fn shows(text: &str, word: &str) -> bool {
    let look = |text: &str| -> String {
        let alike: String = skeleton(text).collect();
        skeleton(&folded(&alike)).filter(|c| c.is_alphanumeric()).collect()
    };
    look(text).contains(&look(word))
}

/// A text of someone within a sentence: letters that run from right to left turn nothing around them (Unicode's isolates,
/// as `<bdi>` does).
pub fn isolated(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("\u{2068}{text}\u{2069}") }
}

/// Words of someone for others to read: what cannot be seen, or turns the text around it, becomes a blank. `None` where
/// nothing is left.
pub fn readable(text: &str) -> Option<String> {
    let text: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    let text = text.trim();
    text.chars().any(is_visible).then(|| text.to_owned())
}

/// Control characters, and those that turn the direction of the text around them.
pub fn is_control(c: char) -> bool {
    c.is_control() || turns_text(c) || matches!(c, '\u{206a}'..='\u{206f}')
}

/// Invisible marks that turn the direction of the text around them.
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name of nothing but blanks could not be clicked.
pub fn is_visible(c: char) -> bool {
    !is_blank(c) && !c.is_whitespace() && !is_control(c)
}

/// Characters that take no room, or show nothing in it.
pub fn is_blank(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e01ef}')
}
