//! A text that is being written. Both sides; runs in the browser.

use super::Note;
use crate::{base::error::Field, web::refusal::Refusal};

/// It lives in memory until it is saved or thrown away: nothing that happens to the
/// session or the connection touches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What the server has, as far as this tab knows; `None` for a note that is new.
    pub saved: Option<Note>,
    pub title: String,
    pub body: String,
    pub pinned: bool,
    /// Set when another tab saved another text meanwhile.
    pub theirs: Option<Note>,
    /// Why the server did not take this text, until it is saved or sent again, or what is wrong is changed.
    pub refused: Option<Refusal>,
}

impl Draft {
    pub fn of(note: Note) -> Self {
        let Note { title, body, pinned, .. } = note.clone();
        Self { saved: Some(note), title, body, pinned, theirs: None, refused: None }
    }

    /// Whether there is something to lose.
    pub fn is_dirty(&self) -> bool {
        match &self.saved {
            Some(note) => note.title != self.title || note.body != self.body,
            None => !self.title.is_empty() || !self.body.is_empty(),
        }
    }

    /// Whether it is saved without being asked: nothing is left to decide or to change first.
    pub fn saves_itself(&self) -> bool {
        let is_refused = self.refused.as_ref().is_some_and(|refusal| refusal.code != "too_many_changes");
        self.is_dirty() && self.theirs.is_none() && !is_refused
    }

    /// What is wrong with this field.
    pub fn wrong_at(&self, field: Field) -> Option<String> {
        self.refused.as_ref()?.at(field.into_str()).map(str::to_owned)
    }

    /// Why it was refused, where that is about no field.
    pub fn why_refused(&self) -> Option<String> {
        self.refused.as_ref().filter(|refusal| refusal.errors.is_empty()).map(|refusal| refusal.detail.clone())
    }

    /// This field was changed: what was wrong with it may be right by now.
    pub fn mend(&mut self, field: Field) {
        let Some(refusal) = self.refused.as_mut().filter(|refusal| !refusal.errors.is_empty()) else { return };
        refusal.errors.retain(|wrong| wrong.field != field.into_str());
        if refusal.errors.is_empty() {
            self.refused = None;
        }
    }
}
