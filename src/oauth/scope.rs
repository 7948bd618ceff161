//! What an application may ask for, and how the page of consent says it. Server side.

use crate::base::error::{Field, Invalid, Unfit};

pub const OPENID: &str = "openid";
pub const PROFILE: &str = "profile";
pub const EMAIL: &str = "email";
/// Goes on without the browser's session.
pub const OFFLINE: &str = "offline_access";

/// What is ours to give; other words are for APIs of others. What a route of our own API asks for is in docs/ROUTES.md.
pub const OURS: [(&str, &str); 8] = [
    (OPENID, "Know which account is yours"),
    (PROFILE, "See your name"),
    (EMAIL, "See your email address"),
    (OFFLINE, "Keep access when you've logged out of this browser"),
    ("account:read", "See the ID of your account"),
    ("sessions:read", "See the devices where you're logged in"),
    ("notes:read", "Read your notes"),
    ("notes:write", "Create, change and delete your notes"),
];

const SCOPES_MAX: usize = 20;
const CHARS_MAX: usize = 64;
/// All together: a token names them, and fits a header.
const TEXT_CHARS_MAX: usize = 500;

/// A set of scopes, each once, in the order of their first mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut scopes = Vec::new();
        for word in text.split_ascii_whitespace() {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":._-/".contains(&byte);
            if word.len() > CHARS_MAX || !word.bytes().all(fits) {
                return Err(Invalid::unfit(Field::Scopes, word, Unfit::Letters));
            }
            if !scopes.iter().any(|known| known == word) {
                scopes.push(word.to_owned());
            }
        }
        if scopes.len() <= SCOPES_MAX && text.len() <= TEXT_CHARS_MAX {
            Ok(Self(scopes))
        } else {
            Err(Invalid::TooManyScopes)
        }
    }

    /// The first of those that are about a user.
    pub fn of_user(&self) -> Option<&String> {
        self.0.iter().find(|scope| [OPENID, PROFILE, EMAIL, OFFLINE].contains(&&***scope))
    }

    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| other.has(scope)).cloned().collect())
    }

    pub fn stored(text: &str) -> Self {
        Self(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|scope| self.has(scope))
    }

    pub fn without(&self, scope: &str) -> Self {
        Self(self.0.iter().filter(|known| *known != scope).cloned().collect())
    }

    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(other.0.iter().filter(|scope| !self.has(scope))).cloned().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// What each lets an application do. A word that is not ours stands as it is.
    pub fn sentences(&self) -> Vec<String> {
        let words = |scope: &String| {
            let ours = OURS.iter().find(|(name, _)| name == scope);
            ours.map_or_else(|| format!("“{scope}”"), |(_, words)| (*words).to_owned())
        };
        self.0.iter().map(words).collect()
    }
}
