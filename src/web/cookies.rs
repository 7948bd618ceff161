//! Cookie names and attributes, in one place. Server side.

use std::iter;

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};
use memchr::memchr;
use strum::{IntoStaticStr, VariantArray};

use super::problem::Problem;
use crate::base::config::Config;

/// The cookies that we set. Names are compared exactly: browsers match the prefix in any case (RFC 6265bis).
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(const_into_str, prefix = "__Host-", serialize_all = "kebab-case")]
pub enum Name {
    /// The session's secret.
    Session,
    /// The access token.
    Access,
    /// What an act tells the page after it, until that page is shown; ten minutes at most.
    Flash,
    /// The token of a link from a mail, while its page is open: it has no place in an address.
    Link,
    /// Names this browser to the accounts that have logged in from it.
    Device,
    /// A login that waits for its second factor, sealed.
    LogIn,
    /// A visit to the Lab.
    Lab,
    /// How the pages are to look.
    Appearance,
}

impl Name {
    /// The full name. Only development with insecure cookies has no `__Host-` prefix.
    pub fn full(self, insecure: bool) -> &'static str {
        match self.into_str() {
            full if insecure => full.strip_prefix("__Host-").unwrap_or(full),
            full => full,
        }
    }

    fn same_site(self) -> SameSite {
        match self {
            // Lax: a link from a mail must find the person logged in, and its token must be there after the redirect;
            // it should see the pages as it likes them.
            Self::Session | Self::Link | Self::Appearance => SameSite::Lax,
            Self::Access | Self::Flash | Self::Device | Self::LogIn | Self::Lab => SameSite::Strict,
        }
    }
}

/// A `Set-Cookie` value: HttpOnly, Secure, Path=/, no Domain. Without an age it ends with the browser.
pub fn set(config: &Config, name: Name, value: &str, max_age_seconds: impl Into<Option<i64>>) -> HeaderValue {
    let mut cookie = Cookie::build((name.full(config.insecure_cookies), value.to_owned()))
        .http_only(true)
        .secure(!config.insecure_cookies)
        .same_site(name.same_site())
        .path("/");
    if let Some(seconds) = max_age_seconds.into() {
        cookie = cookie.max_age(Duration::seconds(seconds));
    }
    HeaderValue::from_str(&cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A `Set-Cookie` value that removes the cookie.
pub fn remove(config: &Config, name: Name) -> HeaderValue {
    set(config, name, "", 0)
}

/// Whether an answer sets or removes this cookie.
pub fn sets(config: &Config, answer: &HeaderMap, name: Name) -> bool {
    let wanted = name.full(config.insecure_cookies);
    let mut lines = answer.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    lines.any(|line| line.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('=')))
}

/// The value of a cookie of ours, as [`accept_only_ours`] left it.
pub fn get<'a>(config: &Config, headers: &'a HeaderMap, name: Name) -> Option<&'a str> {
    let wanted = name.full(config.insecure_cookies).as_bytes();
    let (_, value) = pairs(headers).find(|(given, _)| *given == wanted)?;
    str::from_utf8(value).ok()
}

/// Makes sure that a cookie of ours is one that we set.
///
/// - What comes after reads a header that is made anew from what was understood here. So no two readers can understand
///   one header differently: one that decodes names takes `%5F_Host-session`, and one that trims every blank of Unicode
///   U+2003 and `__Host-session`, for ours, and any sub-domain can set those (CVE-2020-7070).
/// - Cookies of other applications change nothing, whatever bytes are in them.
/// - The same cookie of ours twice is refused, since no one can tell which one counts (RFC 6265bis 5.7.3).
pub fn accept_only_ours(config: &Config, headers: &mut HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(header::COOKIE) {
        return Ok(());
    }
    let pairs: Vec<(Name, Option<&str>)> = ours(config, headers).map(|(name, value)| (name, legible(value))).collect();
    if pairs.iter().enumerate().any(|(at, (name, _))| pairs[..at].iter().any(|(before, _)| before == name)) {
        let words = "The same cookie was sent twice. Delete this site's cookies and try again.";
        return Err(Problem::bad_request(words));
    }
    let line = || words_of(config, &pairs);
    let mut given = headers.get_all(header::COOKIE).into_iter();
    let is_line = |given: &HeaderValue| {
        line().try_fold(given.as_bytes(), |rest, word| rest.strip_prefix(word.as_bytes())) == Some(b"")
    };
    // Nearly always. To make a header anew costs more than to read it.
    if given.next().is_some_and(is_line) && given.next().is_none() {
        return Ok(());
    }
    match HeaderValue::try_from(line().collect::<String>()) {
        Ok(line) if !line.is_empty() => drop(headers.insert(header::COOKIE, line)),
        _ => drop(headers.remove(header::COOKIE)),
    }
    Ok(())
}

/// What a `Cookie` header of those that can be read is made of.
fn words_of<'a>(config: &Config, pairs: &[(Name, Option<&'a str>)]) -> impl Iterator<Item = &'a str> {
    let insecure = config.insecure_cookies;
    let legible = pairs.iter().filter_map(|(name, value)| Some((name, (*value)?))).enumerate();
    legible.flat_map(move |(at, (name, value))| [if at == 0 { "" } else { "; " }, name.full(insecure), "=", value])
}

fn ours<'a>(config: &Config, headers: &'a HeaderMap) -> impl Iterator<Item = (Name, &'a [u8])> {
    let insecure = config.insecure_cookies;
    let known = move |name: &[u8]| Name::VARIANTS.iter().copied().find(|known| known.full(insecure).as_bytes() == name);
    pairs(headers).filter_map(move |(name, value)| Some((known(name)?, value)))
}

/// The one reader of the `Cookie` header: it reads bytes, trims what browsers trim, space and tab, and whoever asks it
/// compares names exactly. Which bytes the cookies of others are made of is none of its business.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = headers.get_all(header::COOKIE).into_iter().flat_map(|line| pairs_of(line.as_bytes()));
    pairs.filter_map(|pair| {
        let pair = trimmed(pair);
        let (name, value) = pair.split_at(memchr(b'=', pair)?);
        Some((name, value.get(1..)?))
    })
}

fn pairs_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    iter::from_fn(move || {
        let line = rest?;
        let (pair, after) = line.split_at(memchr(b';', line).unwrap_or(line.len()));
        rest = after.get(1..);
        Some(pair)
    })
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// What a value of ours may be made of: the cookie-octets of RFC 6265, without the percent sign, which readers decode.
fn legible(value: &[u8]) -> Option<&str> {
    let is_ours = |byte: u8| {
        let is_other = (byte == b'"') | (byte == b',') | (byte == b';') | (byte == b'\\') | (byte == b'%');
        byte.is_ascii_graphic() & !is_other
    };
    // Every byte is asked, so that many are asked at once: a token has hundreds.
    let all_are = value.iter().fold(true, |all_are, byte| all_are & is_ours(*byte));
    all_are.then(|| str::from_utf8(value).ok())?
}
