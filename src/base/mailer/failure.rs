//! Why a mail could not be sent, in words that hold no address. Server side.

use lettre::transport::smtp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Without the address.
    pub words: String,
    /// Another try would end the same way.
    pub permanent: bool,
}

impl Failure {
    pub fn passing(words: &str) -> Self {
        Self { words: words.to_owned(), permanent: false }
    }

    pub fn lasting(words: &str) -> Self {
        Self { words: words.to_owned(), permanent: true }
    }
}

/// A refusal of this mail is for good; one of us (wrong password, no encryption: 53x and the like) ends when someone
/// has put it right.
pub fn refusal(error: &smtp::Error, address: &str) -> Failure {
    // Said by lettre, which has asked the server: it offers no SMTPUTF8, and will not for this mail.
    if error.is_client() && !address.is_ascii() && error.to_string().contains("SMTPUTF8") {
        return Failure::lasting("the mail server accepts only the letters a to z before the @ (no SMTPUTF8)");
    }
    let code = error.status().map(u16::from);
    let permanent = code.is_some_and(|code| (550..560).contains(&code));
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase();
    let tells = |word: &str| word.contains('@') || word.to_lowercase().contains(&local);
    Failure { words: without_address(&error.to_string(), tells), permanent }
}

/// With what lies behind it: the crate says "Connection error" and leaves the cause to its source.
pub fn unreached(error: &dyn std::error::Error) -> Failure {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = cause.source();
    }
    Failure::passing(&without_address(&words, |word| word.contains('@')))
}

/// Mail servers like to repeat whom they refuse.
fn without_address(words: &str, tells: impl Fn(&str) -> bool) -> String {
    let kept: Vec<&str> = words.split_whitespace().map(|word| if tells(word) { "(address)" } else { word }).collect();
    kept.join(" ").chars().take(200).collect()
}
