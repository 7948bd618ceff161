//! What the notes page remembers, and what it does: load, save, pin, delete. Both sides; runs in the browser.

use std::collections::HashMap;

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::{Note, NoteInput, client};
use crate::{
    base::error::Field,
    ui::bring_into_view,
    web::{
        refusal::Refusal,
        token::client::{ApiClient, Trouble},
    },
};

/// A text that is being written. It lives in memory until it is saved or thrown away: nothing that happens to the
/// session or the connection touches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What the server has, as far as this tab knows; `None` for a note that is new.
    pub saved: Option<Note>,
    pub title: String,
    pub body: String,
    /// Set when another tab saved another text meanwhile.
    pub theirs: Option<Note>,
    /// Why the server did not take this text, until it is saved or sent again, or what is wrong is changed.
    pub refused: Option<Refusal>,
}

impl Draft {
    fn of(note: Note) -> Self {
        Self { title: note.title.clone(), body: note.body.clone(), saved: Some(note), theirs: None, refused: None }
    }

    /// Whether there is something to lose.
    pub fn is_dirty(&self) -> bool {
        match &self.saved {
            Some(note) => note.title != self.title || note.body != self.body,
            None => !self.title.is_empty() || !self.body.is_empty(),
        }
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

/// The key of the draft that has no id yet.
pub const NEW: &str = "new";

/// All signals of the page. Copy it around.
#[derive(Clone, Copy)]
pub struct Notes {
    pub api: ApiClient,
    /// `None` until the first answer.
    pub list: RwSignal<Option<Vec<Note>>>,
    pub more: RwSignal<bool>,
    pub words: RwSignal<String>,
    /// How often the list was asked for.
    loads: StoredValue<u32>,
    /// Key of the open draft: a note's id, or [`NEW`].
    pub open: RwSignal<Option<String>>,
    /// Raised whenever somebody opens a note.
    pub times_opened: RwSignal<u32>,
    pub drafts: RwSignal<HashMap<String, Draft>>,
    pub busy: RwSignal<bool>,
    pub trouble: RwSignal<Option<Trouble>>,
    /// Said politely to screen readers: "Saved", "Deleted".
    pub said: RwSignal<&'static str>,
}

/// The member of a 412 answer that holds the note as it is now.
#[derive(Deserialize)]
struct Conflict {
    current: Note,
}

impl Notes {
    pub fn new(api: ApiClient) -> Self {
        Self {
            api,
            list: RwSignal::new(None),
            more: RwSignal::new(false),
            words: RwSignal::new(String::new()),
            loads: StoredValue::new(0),
            open: RwSignal::new(None),
            times_opened: RwSignal::new(0),
            drafts: RwSignal::new(HashMap::new()),
            busy: RwSignal::new(false),
            trouble: RwSignal::new(None),
            said: RwSignal::new(""),
        }
    }

    /// Reads the list for the words in the search field.
    pub fn load(self) {
        let words = self.words.get_untracked();
        self.loads.update_value(|count| *count += 1);
        let number = self.loads.get_value();
        spawn_local(async move {
            let answer = client::list(self.api, &words).await;
            // An older question may be answered after a newer one.
            if number != self.loads.get_value() {
                return;
            }
            match answer {
                Ok(list) => {
                    self.list.set(Some(list.notes));
                    self.more.set(list.more);
                    self.trouble.set(None);
                }
                Err(trouble) => self.trouble.set(Some(trouble)),
            }
        });
    }

    pub fn open_note(self, note: Note) {
        let key = note.id.clone();
        self.drafts.update(|drafts| {
            let draft = drafts.entry(key.clone()).or_insert_with(|| Draft::of(note.clone()));
            if !draft.is_dirty() {
                *draft = Draft::of(note);
            }
        });
        self.open.set(Some(key));
        self.times_opened.update(|times| *times += 1);
    }

    pub fn open_new(self) {
        self.drafts.update(|drafts| {
            drafts.entry(NEW.into()).or_default();
        });
        self.open.set(Some(NEW.into()));
        self.times_opened.update(|times| *times += 1);
    }

    pub fn draft(self) -> Option<Draft> {
        let key = self.open.get()?;
        self.drafts.with(|drafts| drafts.get(&key).cloned())
    }

    pub fn change(self, change: impl FnOnce(&mut Draft)) {
        let Some(key) = self.open.get_untracked() else { return };
        self.drafts.update(|drafts| {
            if let Some(draft) = drafts.get_mut(&key) {
                change(draft);
            }
        });
    }

    pub fn is_dirty(self, key: &str) -> bool {
        self.drafts.with(|drafts| drafts.get(key).is_some_and(Draft::is_dirty))
    }

    pub fn anything_dirty(self) -> bool {
        self.drafts.with_untracked(|drafts| drafts.values().any(Draft::is_dirty))
    }

    /// Saves the open draft. `pinned` changes the pin on the way.
    pub fn save(self, pinned: Option<bool>) {
        let Some(key) = self.open.get_untracked().filter(|_| !self.busy.get_untracked()) else { return };
        let Some(draft) = self.drafts.with_untracked(|drafts| drafts.get(&key).cloned()) else { return };
        let pinned = pinned.unwrap_or_else(|| draft.saved.as_ref().is_some_and(|note| note.pinned));
        let input = NoteInput { title: draft.title.clone(), body: draft.body.clone(), pinned };
        self.busy.set(true);
        self.said.set("");
        self.change(|draft| draft.refused = None);
        spawn_local(async move {
            let answer = match &draft.saved {
                Some(note) => client::update(self.api, &note.id, note.version, &input).await,
                None => client::create(self.api, &input).await,
            };
            self.busy.set(false);
            match answer {
                Ok(note) => self.saved(&key, note),
                Err(trouble) => self.failed(&key, trouble),
            }
        });
    }

    /// What was typed while the answer was on its way stays, as a change to the saved note.
    fn saved(self, key: &str, note: Note) {
        self.drafts.update(|drafts| {
            let mut draft = drafts.remove(key).unwrap_or_default();
            draft.saved = Some(note.clone());
            draft.theirs = None;
            drafts.insert(note.id.clone(), draft);
        });
        if self.open.get_untracked().as_deref() == Some(key) {
            self.open.set(Some(note.id));
        }
        self.trouble.set(None);
        self.said.set("Saved");
        self.load();
    }

    fn failed(self, key: &str, trouble: Trouble) {
        if let Trouble::Refused { status: 412, body, .. } = &trouble
            && let Ok(Conflict { current }) = serde_json::from_str(body)
        {
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.theirs = Some(current);
                }
            });
            self.trouble.set(None);
            return;
        }
        // About this text, and mended in it: it is said there. "Save" tries again.
        if let Trouble::Refused { status: 422 | 429, body, .. } = &trouble {
            let errors = serde_json::from_str::<Refusal>(body).unwrap_or_default().errors;
            if let Some(wrong) = errors.first().filter(|_| self.open.get_untracked().as_deref() == Some(key)) {
                let place = format!("{}-error", wrong.field);
                request_animation_frame(move || bring_into_view(&place));
            }
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.refused = Some(Refusal { errors, ..Refusal::saying(&trouble.sentence()) });
                }
            });
            self.trouble.set(None);
            return;
        }
        // Deleted elsewhere: what is typed becomes a new note at the next save.
        if let Trouble::Refused { status: 404, .. } = &trouble {
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.saved = None;
                }
            });
        }
        self.trouble.set(Some(trouble));
    }

    /// After a conflict: keeps the own text, on top of the other one's version.
    pub fn keep_mine(self) {
        self.change(|draft| {
            if let Some(theirs) = draft.theirs.take() {
                draft.saved = Some(theirs);
            }
        });
        self.save(None);
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

    /// Deletes the open note; a draft that was never saved is thrown away.
    pub fn delete(self) {
        let Some(key) = self.open.get_untracked() else { return };
        let Some(draft) = self.drafts.with_untracked(|drafts| drafts.get(&key).cloned()) else { return };
        let Some(note) = draft.saved else { return self.deleted(&key) };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = client::delete(self.api, &note.id, note.version).await;
            self.busy.set(false);
            match answer {
                Ok(()) => self.deleted(&key),
                Err(Trouble::Refused { status: 404, .. }) => self.deleted(&key),
                Err(trouble) => self.failed(&key, trouble),
            }
        });
    }

    fn deleted(self, key: &str) {
        self.drafts.update(|drafts| {
            drafts.remove(key);
        });
        self.open.set(None);
        self.trouble.set(None);
        self.said.set("Deleted");
        request_animation_frame(|| crate::ui::focus("new-note"));
        self.load();
    }
}
