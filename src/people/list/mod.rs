//! Lists of people: whom to show, in which order. Server side.

pub mod find;
pub mod store;

use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::auth::users::Role;

/// Whom a list is to show. Deleted people are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// As typed: each word must be the beginning of a word of the name or the address.
    pub words: String,
    pub role: Option<Role>,
    pub state: Option<State>,
    pub order: Order,
}

impl Wanted {
    /// Whether anybody may be left out.
    pub fn is_narrow(&self) -> bool {
        !self.words.trim().is_empty() || self.role.is_some() || self.state.is_some()
    }
}

/// What may be wanted of an account besides its role; as it stands in addresses and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum State {
    /// May log in.
    Active,
    Disabled,
    /// The address was never confirmed.
    Unverified,
    SecondFactor,
}

impl State {
    pub fn words(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::Unverified => "Email not confirmed",
            Self::SecondFactor => "2FA on",
        }
    }
}

/// As it stands in addresses and on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Order {
    #[default]
    Newest,
    Oldest,
    Name,
    Email,
}

impl Order {
    pub fn words(self) -> &'static str {
        match self {
            Self::Newest => "Newest first",
            Self::Oldest => "Oldest first",
            Self::Name => "By name",
            Self::Email => "By email",
        }
    }
}

/// Where a page of a list begins: every page is found from its neighbour, however far inside it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    First,
    /// Behind the person of this id.
    After(String),
    /// Before the person of this id.
    Before(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    pub verified: bool,
    pub second_factor: bool,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub people: Vec<Person>,
    /// The last person here, when there are others behind.
    pub after: Option<String>,
    /// The first person here, when there are others before.
    pub before: Option<String>,
}
