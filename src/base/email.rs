//! An address as it is typed, parsed once at the border. Server side.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    error::Invalid,
    text::{is_blank, is_control, is_of_word},
};

/// An email address in its one normalised form: Unicode-compatible (NFKC), case folded before the @, the domain in ASCII
/// (UTS 46). Mail goes to this form and to no other, so that a look-alike is no one else's account and gets no one
/// else's mail (CVE-2019-19844).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
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

/// Enough for its owner, and too little for anyone else: "a…@example.com".
pub fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or('?'))
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

/// The small letters of the languages that are written in Latin letters, with their marks; U+0138 looks different.
fn is_latin(c: char) -> bool {
    c != '\u{138}' && matches!(c, 'ß'..='ö' | 'ø'..='ž' | 'ơ' | 'ư' | 'ș' | 'ț' | '\u{1e00}'..='\u{1eff}')
}

/// Cyrillic, then Greek.
const LATIN_IN_LOOK: &str = "асеорхуіјѕһԁԛԝѵӏανοριυκχ";
