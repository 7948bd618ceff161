//! What a page is made from: found by the server before rendering. Both sides; the browser sees none of it, only
//! what is handed to an island.
//!
//! Leptos' own way, a `Resource` in a `Suspense`, left about one render in a few hundred hanging under load (measured
//! with 0.8.23; leptos-rs/leptos 4578 and 4673). Data that is there before rendering begins cannot hang, lets a guard
//! answer with a plain redirect, and is read once.

use std::collections::BTreeMap;

use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};

use crate::base::error::AppError;

/// The hidden field in which a form says which page it stands on.
pub const PAGE: &str = "page";

/// The hidden field in which a form says whose page it stands on, by the id of the user; of no one's where it is missing.
pub const VIEWER: &str = "viewer";

/// What was typed into a form that was refused, or what an act tells the page after it: name → text. Never a password.
///
/// The second travels in a cookie of its own for ten minutes: an email address has no place in an address bar or a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash(pub BTreeMap<String, String>);

impl Flash {
    pub fn new(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    pub fn get(&self, field: &str) -> String {
        self.0.get(field).cloned().unwrap_or_default()
    }
}

/// Put into the request for the page of a form that was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    pub error: AppError,
    /// The address of the form's action.
    pub act: String,
    /// All that was sent.
    pub fields: Vec<(String, String)>,
}

impl Refused {
    pub fn typed(&self) -> Flash {
        Flash(self.fields.iter().filter(|(name, _)| !is_password(name)).cloned().collect())
    }

    pub fn held(&self) -> Held {
        let kept =
            |(name, _): &&(String, String)| !is_password(name) && ![Held::FIELD, Held::USER_NAME].contains(&&**name);
        Held { act: self.act.clone(), fields: self.fields.iter().filter(kept).cloned().collect() }
    }
}

fn is_password(name: &str) -> bool {
    name.contains("password")
}

/// An act that waits for the password, or for a login in another tab, with everything that was typed for it: without
/// JavaScript the page in between carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The address of the action.
    pub act: String,
    /// What was typed, without any password.
    pub fields: Vec<(String, String)>,
}

impl Held {
    /// The page that holds it.
    pub const PAGE: &str = "/confirm";

    /// Says in the form of that page that it was held before.
    pub const FIELD: &str = "held";

    /// The field that tells a password manager whose password is asked for.
    pub const USER_NAME: &str = "username";

    /// The name of the button that sends the form of such an act; its value says there what it does.
    pub const BUTTON: &str = "button";

    /// What was typed into the field of this name.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, said)| &**said)
    }
}

/// All that the parts of a page get, whatever the page is.
#[derive(Clone, Debug, Default)]
pub struct PageData {
    /// The address of this page.
    pub here: String,
    /// The id of the user whose page it is.
    pub viewer: Option<String>,
    /// What was typed into the form on the page before, and what that form brought about.
    pub typed: Flash,
    /// Seconds that the access token which came with the page has left; `None` when it came without.
    pub token_life: Option<i64>,
    /// The form that led here, without JavaScript.
    pub refused: Option<Refused>,
}

pub fn here() -> String {
    use_context::<PageData>().unwrap_or_default().here
}

/// The address without what is asked for.
pub fn path() -> String {
    here().split('?').next().unwrap_or_default().to_owned()
}

pub fn viewer() -> Option<String> {
    use_context::<PageData>().unwrap_or_default().viewer
}

pub fn typed() -> Flash {
    use_context::<PageData>().unwrap_or_default().typed
}

pub fn token_life() -> Option<i64> {
    use_context::<PageData>().unwrap_or_default().token_life
}

/// The error of the form that led here, without JavaScript; a `Form` takes it by itself.
pub fn refused() -> Option<AppError> {
    Some(use_context::<PageData>()?.refused?.error)
}

/// As [`refused`], where several forms stand: only if it was the one of the action at this address.
pub fn refused_by(act: &str) -> Option<AppError> {
    let refused = use_context::<PageData>()?.refused?;
    (refused.act == act).then_some(refused.error)
}
