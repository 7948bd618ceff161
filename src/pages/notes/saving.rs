//! What is sent to the server: save, pin, delete; and what comes of it. Both sides; runs in the browser.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::{
    Note, NoteInput, client,
    draft::Draft,
    state::{Act, Deleted, Notes},
};
use crate::{
    base::error::Field,
    ui::{after_render, bring_into_view, focus},
    web::{refusal::Refusal, session::client::session_is_over, token::client::Trouble},
};

/// A pause in the typing, after which the text is saved.
const PAUSE: Duration = Duration::from_millis(1_500);

/// The member of a 412 answer that holds the note as it is now.
#[derive(Deserialize)]
struct Conflict {
    current: Note,
}

impl Notes {
    /// As [`change`](Self::change), by typing into this field: it is saved after a pause.
    pub fn typed(self, field: Field, change: impl FnOnce(&mut Draft)) {
        self.change(|draft| {
            change(draft);
            draft.mend(field);
        });
        self.save_soon();
    }

    /// Saves after a pause, unless something else is typed meanwhile.
    fn save_soon(self) {
        self.changes.update_value(|count| *count = count.wrapping_add(1));
        let count = self.changes.get_value();
        let save = move || {
            if self.changes.try_get_value() == Some(count) {
                self.save_changed();
            }
        };
        set_timeout(save, PAUSE);
    }

    /// Saves what was typed, one text after the other, as long as nothing stands in the way.
    pub fn save_changed(self) {
        let goes_on = self.trouble.with_untracked(|trouble| {
            matches!(trouble, None | Some(Trouble::Offline | Trouble::Refused { status: 500.., .. }))
        });
        // The page says that it cannot save; to be refused again would take the cursor out of the text.
        if !goes_on || session_is_over() || self.busy.with_untracked(Option::is_some) {
            return;
        }
        let key = self
            .drafts
            .with_untracked(|drafts| drafts.iter().find(|(_, draft)| draft.saves_itself()).map(|(key, _)| key.clone()));
        if let Some((key, draft)) = key.and_then(|key| Some((key.clone(), self.draft_at(&key)?))) {
            self.send(key, draft, false);
        }
    }

    /// Does it with the open draft: now, or after the save or the deletion that is under way.
    pub fn act(self, act: Act) {
        if self.busy.with_untracked(Option::is_some) {
            return self.next.set_value(Some(act));
        }
        let Some(key) = self.open.get_untracked() else { return };
        let Some(draft) = self.draft_at(&key) else { return };
        match act {
            Act::Save => self.send(key, draft, true),
            Act::Pin(pinned) => self.send(key, Draft { pinned, ..draft }, true),
            Act::Delete => self.remove(key, draft),
        }
    }

    /// The save or the deletion is over.
    fn done(self) {
        self.busy.set(None);
        if let Some(act) = self.next.get_value() {
            self.next.set_value(None);
            self.act(act);
        }
    }

    fn send(self, key: String, draft: Draft, aloud: bool) {
        let input = NoteInput { title: draft.title, body: draft.body, pinned: draft.pinned };
        self.busy.set(Some(key.clone()));
        if aloud {
            self.said.set("");
        }
        self.change_at(&key, |draft| draft.refused = None);
        spawn_local(async move {
            let answer = match &draft.saved {
                Some(note) => client::update(self.api, &note.id, note.version, &input).await,
                None => client::create(self.api, &key, &input).await,
            };
            match answer {
                Ok(note) => self.saved(&key, note, aloud),
                Err(trouble) => self.failed(&key, trouble, aloud),
            }
            self.done();
        });
    }

    /// What was typed while the answer was on its way stays, as a change to the saved note.
    fn saved(self, key: &str, note: Note, aloud: bool) {
        self.drafts.update(|drafts| {
            let mut draft = drafts.remove(key).unwrap_or_default();
            draft.pinned = note.pinned;
            draft.saved = Some(note.clone());
            draft.theirs = None;
            drafts.insert(note.id.clone(), draft);
        });
        if self.open.get_untracked().as_deref() == Some(key) {
            self.open.set(Some(note.id));
        }
        self.trouble.set(None);
        if aloud {
            self.said.set("Saved");
        }
        if self.drafts.with_untracked(|drafts| drafts.values().any(Draft::saves_itself)) {
            self.save_soon();
        }
        self.load();
    }

    fn failed(self, key: &str, trouble: Trouble, aloud: bool) {
        if let Trouble::Refused { status: 412, body, .. } = &trouble
            && let Ok(Conflict { current }) = serde_json::from_str(body)
        {
            self.change_at(key, |draft| draft.theirs = Some(current));
            self.trouble.set(None);
            return;
        }
        // About this text, and fixed in it: it is said there. "Save" tries again.
        if let Trouble::Refused { status: 422 | 429, problem, .. } = &trouble {
            if let Some(wrong) = problem.errors.first().filter(|_| self.open.get_untracked().as_deref() == Some(key)) {
                let place = format!("{}-error", wrong.field);
                after_render(move || bring_into_view(&place));
            }
            let refused = Refusal { detail: trouble.sentence(), ..problem.clone() };
            self.change_at(key, |draft| draft.refused = Some(refused));
            self.trouble.set(None);
            return;
        }
        // Deleted elsewhere: what is typed becomes a new note at the next save.
        if let Trouble::Refused { status: 404, .. } = &trouble {
            self.change_at(key, |draft| draft.saved = None);
        }
        // Each time it is set it comes into view, and whoever writes has seen it.
        if aloud || self.trouble.with_untracked(|known| known.as_ref() != Some(&trouble)) {
            self.trouble.set(Some(trouble));
        }
    }

    /// After a conflict: keeps the own text, on top of the other one's version.
    pub fn keep_mine(self) {
        self.change(|draft| {
            if let Some(theirs) = draft.theirs.take() {
                draft.pinned = theirs.pinned;
                draft.saved = Some(theirs);
            }
        });
        self.act(Act::Save);
    }

    /// After a conflict: takes the other text.
    pub fn take_theirs(self) {
        self.change(|draft| {
            if let Some(theirs) = draft.theirs.take() {
                *draft = Draft::of(theirs);
            }
        });
        self.load();
    }

    fn remove(self, key: String, draft: Draft) {
        let Some(note) = draft.saved.clone() else { return self.removed(&key, draft) };
        self.busy.set(Some(key.clone()));
        spawn_local(async move {
            let answer = client::delete(self.api, &note.id, note.version).await;
            match answer {
                Ok(()) | Err(Trouble::Refused { status: 404, .. }) => self.removed(&key, draft),
                Err(trouble) => self.failed(&key, trouble, true),
            }
            self.done();
        });
    }

    fn removed(self, key: &str, draft: Draft) {
        self.drafts.update(|drafts| {
            drafts.remove(key);
        });
        if self.open.get_untracked().as_deref() == Some(key) {
            self.open.set(None);
        }
        self.trouble.set(None);
        self.said.set(if draft.saved.is_some() { "Note deleted" } else { "Text discarded" });
        let was_saved = draft.saved.is_some();
        let draft = Draft { saved: None, theirs: None, refused: None, ..draft };
        self.deleted.set(Some(Deleted { key: key.to_owned(), draft, was_saved }));
        after_render(|| focus("undo"));
        self.load();
    }

    /// Brings back what was deleted last, as a new note with the same text.
    pub fn undo(self) {
        let Some(Deleted { key, draft, .. }) = self.deleted.get_untracked() else { return };
        self.drafts.update(|drafts| {
            drafts.insert(key.clone(), draft);
        });
        self.deleted.set(None);
        self.open.set(Some(key));
        self.times_opened.update(|times| *times += 1);
        self.act(Act::Save);
        after_render(|| focus("body"));
    }
}
