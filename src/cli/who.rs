//! Who is meant: an email address or the id of a user. Server side.

use std::fmt;

use uuid::Uuid;

use crate::base::email::Email;

#[derive(Clone, Debug)]
pub enum Who {
    Id(Uuid),
    Email(Email),
}

impl Who {
    /// For clap.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let id = Uuid::parse_str(text).map(Self::Id);
        id.or_else(|_| Email::parse(text).map(Self::Email)).map_err(|_| "neither an email address nor a user ID")
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Email(email) => email.as_str().fmt(f),
        }
    }
}
