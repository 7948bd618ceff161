//! `/admin/sessions`: every live session, and the switch that ends them all. Server side.

pub mod everyone_page;
pub mod load;
pub mod page;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::auth::sessions::LiveSession;

/// What may stand in the address of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SessionsAsked {
    /// Whose: beginnings of words of a name or an address.
    pub person: String,
    /// From this network address.
    pub ip: String,
    /// One of [`Age`].
    pub age: String,
    /// Where the page before ended.
    pub after: String,
}

/// How long ago a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Any,
    /// Within so many hours.
    Within(i64),
    /// Longer ago than so many hours.
    Over(i64),
}

impl Age {
    /// As they are offered: as it stands in the address, in words, what it means.
    pub const ALL: [(&str, &str, Self); 6] = [
        ("", "Any", Self::Any),
        ("hour", "In the last hour", Self::Within(1)),
        ("day", "In the last day", Self::Within(24)),
        ("over-day", "More than a day ago", Self::Over(24)),
        ("over-week", "More than a week ago", Self::Over(7 * 24)),
        ("over-month", "More than 30 days ago", Self::Over(30 * 24)),
    ];

    /// Any, for what is not understood.
    pub fn of(text: &str) -> Self {
        Self::ALL.iter().find(|(name, ..)| *name == text).map_or(Self::Any, |(.., age)| *age)
    }
}

/// A session in the list, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    #[serde(flatten)]
    pub session: LiveSession,
    pub user_id: String,
    pub name: String,
    pub email: String,
}
