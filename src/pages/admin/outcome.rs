//! What became of an act, for who did it: on the next page, as JSON, on the command line. Server side.

use serde::Serialize;

use super::{Act, Before};
use crate::{auth::sessions::Receipt, ui::when::span};

/// An act that was not refused.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// `false`: it was so already, and nothing has happened.
    pub changed: bool,
    /// In a sentence or two.
    pub words: String,
    /// What ended with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Who had done it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// The act that undoes it, and the event that it undoes.
    #[serde(skip)]
    undo: Option<(Act, String)>,
    /// The page that shows it, where that is not the page of the user.
    #[serde(skip)]
    page: Option<&'static str>,
}

impl Outcome {
    pub fn done(words: impl Into<String>) -> Self {
        Self { changed: true, words: words.into(), receipt: None, before: None, undo: None, page: None }
    }

    /// `words`: how things are: "Alice is already disabled."
    pub fn already(words: &str, before: Option<Before>, now_ms: i64) -> Self {
        let words = match &before {
            Some(before) => format!("{words} {}", before.words(now_ms)),
            None => words.to_owned(),
        };
        Self { changed: false, before, ..Self::done(words) }
    }

    #[must_use]
    pub fn with_receipt(mut self, receipt: Receipt) -> Self {
        self.words = format!("{} {}", self.words, receipt.words());
        self.receipt = Some(receipt);
        self
    }

    #[must_use]
    pub fn undone_by(self, act: Act, event: String) -> Self {
        Self { undo: Some((act, event)), ..self }
    }

    /// Ends and tokens alone: what a force logout says.
    pub fn of_force_logout(receipt: Receipt) -> Self {
        Self { receipt: Some(receipt.clone()), ..Self::done(receipt.words()) }
    }

    /// Shown on another page: the one of the user is not there any more, or not for who did it.
    #[must_use]
    pub fn shown_on(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    pub fn page(&self, user_id: &str) -> String {
        self.page.map_or_else(|| format!("/admin/users/{user_id}"), str::to_owned)
    }

    /// For the page that is shown next.
    pub fn for_next_page(&self) -> [(&'static str, &str); 4] {
        let confirmed = self.receipt.as_ref().is_none_or(Receipt::is_confirmed);
        let kind = match (self.changed, confirmed) {
            (false, _) => "info",
            (true, true) => "success",
            (true, false) => "warning",
        };
        let (act, event) = self.undo.as_ref().map_or(("", ""), |(act, event)| (act.into_str(), event));
        [("receipt", &self.words), ("kind", kind), ("undo", act), ("event", event)]
    }
}

impl Before {
    /// "Done by Ada 3 minutes ago: “lost laptop”."
    pub fn words(&self, now_ms: i64) -> String {
        let ago = now_ms - self.at;
        let when = if ago < 60_000 { "a moment ago".to_owned() } else { format!("{} ago", span(ago)) };
        let why = if self.reason.is_empty() { String::new() } else { format!(": “{}”", self.reason) };
        format!("Done by {} {when}{why}.", self.by)
    }
}
