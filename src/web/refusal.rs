//! What a page of ours is told when an action or the API refuses: a problem (RFC 9457) with finished words, so that no
//! sentence has to be in the browser's package. Both sides.

use serde::{Deserialize, Serialize};

use crate::auth::revocations::EndReason;

/// Who asks for it gets the words; who asks for plain JSON gets the error itself.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The members of the problem that our pages read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    pub code: String,
    /// Stands above the form.
    pub detail: String,
    pub errors: Vec<AtField>,
    /// Why the session ended, where the API may say so.
    pub reason: Option<EndReason>,
}

/// What to say at one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtField {
    /// The text of a [`Field`](crate::base::error::Field).
    pub field: String,
    pub detail: String,
}

impl Refusal {
    /// Words that no answer has brought.
    pub fn saying(words: &str) -> Self {
        Self { detail: words.into(), ..Self::default() }
    }

    /// Whether the password of who is logged in would help.
    pub fn asks_for_proof(&self) -> bool {
        matches!(&*self.code, "insufficient_user_authentication" | "wrong_password")
    }

    /// What to say at the field of this name, if it is what is wrong.
    pub fn at(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| &*error.detail)
    }
}
