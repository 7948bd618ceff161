//! What people type about themselves, parsed once at the border. Server side.

use unicode_normalization::UnicodeNormalization;

use crate::error::Invalid;

/// An e-mail address in its one normalised form: trimmed, Unicode-compatible (NFKC), lower case, domain in ASCII.
/// Look-alikes by case, width or ligature are therefore the same account (CVE-2019-19844).
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
        if text.len() > 4 * 254 {
            return Err(Invalid::EmailTooLong);
        }
        let text = text.nfkc().collect::<String>().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(Invalid::EmailMalformed)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Invalid::EmailMalformed)?;
        if !local_is_plain(local) || !domain.contains('.') || domain.starts_with('.') || domain.ends_with('.') {
            return Err(Invalid::EmailMalformed);
        }
        let email = format!("{local}@{domain}");
        if email.len() > 254 || local.len() > 64 { Err(Invalid::EmailTooLong) } else { Ok(Self(email)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// No spaces, control or invisible characters, quotes or brackets: they have no honest use and forge log lines.
fn local_is_plain(local: &str) -> bool {
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c))
}

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

/// Control characters, and those that turn the direction of the text around them.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name of nothing but these could not be clicked.
fn is_visible(c: char) -> bool {
    let blank = matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e01ef}');
    !blank && !c.is_whitespace() && !is_control(c)
}

/// A password as typed: nothing trimmed, nothing folded (ASVS 6.2.8). Cannot be printed.
#[derive(Clone)]
pub struct Password(String);

/// Shortest new password, in characters (ASVS 6.2.1 asks for 8).
const PASSWORD_MIN_CHARS: usize = 10;
const PASSWORD_MAX_CHARS: usize = 256;

impl Password {
    /// A password to be set.
    ///
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse_new(text: String) -> Result<Self, Invalid> {
        let password = Self::parse_existing(text)?;
        if password.0.chars().count() < PASSWORD_MIN_CHARS { Err(Invalid::PasswordTooShort) } else { Ok(password) }
    }

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
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[password]")
    }
}
