//! What people type about themselves, parsed once at the border. Server side.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::PASSWORD_MAX_CHARS;
use crate::error::Invalid;

/// An e-mail address in its one normalised form: Unicode-compatible (NFKC), case folded before the @, the domain in ASCII
/// (UTS 46). Mail goes to this form and to no other, so that a look-alike is nobody else's account and gets nobody
/// else's mail (CVE-2019-19844).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::EmailMissing);
        }
        // Before any normalisation, whose cost grows with the length.
        if text.len() > 4 * EMAIL_BYTES_MAX {
            return Err(Invalid::EmailTooLong);
        }
        // Before it, too: the rules for domains drop what cannot be seen, and two spellings would be one.
        if text.chars().any(|c| is_blank(c) || is_control(c)) {
            return Err(Invalid::EmailLookAlike);
        }
        let text: String = text.nfkc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(Invalid::EmailMalformed)?;
        let local = fold_case(local);
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Invalid::EmailMalformed)?;
        if !local_is_plain(&local) || !domain_is_public(&domain) {
            return Err(Invalid::EmailMalformed);
        }
        if looks_like_another(&local) {
            return Err(Invalid::EmailLookAlike);
        }
        let email = format!("{local}@{domain}");
        if email.len() > EMAIL_BYTES_MAX || local.len() > LOCAL_BYTES_MAX {
            return Err(Invalid::EmailTooLong);
        }
        Ok(Self(email))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5321 4.5.3.1, as corrected by erratum 1690.
const EMAIL_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;

/// What is the same in capitals is the same: `ß` and `ẞ` as `ss`, the dotless `ı` as `i`. Lower case alone keeps them
/// apart.
fn fold_case(local: &str) -> String {
    local.to_lowercase().to_uppercase().to_lowercase().nfkc().collect()
}

/// No spaces, control or invisible characters, quotes or brackets: they have no honest use and forge log lines.
fn local_is_plain(local: &str) -> bool {
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| is_of_word(c) || ".!#$%&'*+-/=?^_`{|}~".contains(c))
        && marks_follow_letters(local)
}

/// What words of any language are made of: letters, digits, and the marks that many scripts write beside their letters
/// (the vowels of Hindi, the tones of Thai).
pub fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Of those marks that go with any letter (accents, rings, strokes), only what has one letter with it: what Unicode has
/// not composed looks like the plain letter, or like nothing that somebody types.
fn is_mark(c: char) -> bool {
    let goes_with_any = matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
    is_combining_mark(c) && !goes_with_any
}

/// A mark at the beginning would be drawn over what stands before the address.
fn marks_follow_letters(local: &str) -> bool {
    let before = std::iter::once(' ').chain(local.chars());
    before.zip(local.chars()).all(|(before, c)| !is_combining_mark(c) || is_of_word(before))
}

/// A name below another one, not an address of the network.
fn domain_is_public(domain: &str) -> bool {
    let (rest, last) = domain.rsplit_once('.').unwrap_or_default();
    !rest.is_empty() && !rest.starts_with('.') && last.chars().any(|c| c.is_ascii_alphabetic())
}

/// Latin letters beside those of another alphabet, or only such letters of another alphabet that look Latin: the
/// Cyrillic `а` makes a second `alice`.
fn looks_like_another(local: &str) -> bool {
    let others = || local.chars().filter(|c| !c.is_ascii() && !is_latin(*c));
    let beside_latin = local.chars().any(|c| c.is_ascii_alphabetic() || is_latin(c));
    others().next().is_some() && (beside_latin || others().all(|c| LATIN_IN_LOOK.contains(c)))
}

/// The small letters of the languages that are written in Latin letters, with their marks.
fn is_latin(c: char) -> bool {
    let looks_different = matches!(c, '\u{138}');
    let range = matches!(c, 'ß'..='ö' | 'ø'..='ž' | 'ơ' | 'ư' | 'ș' | 'ț' | '\u{1e00}'..='\u{1eff}');
    range && !looks_different
}

/// Cyrillic, then Greek.
const LATIN_IN_LOOK: &str = "асеорхуіјѕһԁԛԝѵӏανοριυκχ";

/// The name that others see. Shown escaped, stored as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        match () {
            () if !text.chars().any(is_visible) => Err(Invalid::NameMissing),
            () if text.chars().count() > 80 => Err(Invalid::NameTooLong),
            () if text.chars().any(is_control) => Err(Invalid::NameControl),
            () => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words of somebody for others to read: what cannot be seen, or turns the text around it, becomes a blank. `None` where
/// nothing is left.
pub fn readable(text: &str) -> Option<String> {
    let text: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    let text = text.trim();
    text.chars().any(is_visible).then(|| text.to_owned())
}

/// Control characters, and those that turn the direction of the text around them.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// A name of nothing but blanks could not be clicked.
fn is_visible(c: char) -> bool {
    !is_blank(c) && !c.is_whitespace() && !is_control(c)
}

/// Characters that take no room, or show nothing in it.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e01ef}')
}

/// A password as typed: nothing trimmed, nothing folded (ASVS 6.2.8). Cannot be printed. One to be set comes from
/// [`super::password::Passwords::parse_new`].
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password to be checked: only refused where no account can have it, before any hashing.
    ///
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse_existing(text: String) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::PasswordMissing);
        }
        if text.len() > 4 * PASSWORD_MAX_CHARS || text.chars().count() > PASSWORD_MAX_CHARS {
            return Err(Invalid::PasswordTooLong);
        }
        Ok(Self(text))
    }

    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[password]")
    }
}
