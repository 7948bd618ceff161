//! What the notes page remembers: the list, the open note, what is being written. Both sides; runs in the browser.

use std::collections::HashMap;

use leptos::{prelude::*, task::spawn_local};

use super::{Note, client, draft::Draft};
use crate::{
    ui::{after_render, focus},
    web::token::client::{ApiClient, Trouble},
};

/// What a person asks for beside typing.
#[derive(Clone, Copy)]
pub enum Act {
    Save,
    /// Saves, and pins the note or takes it down.
    Pin(bool),
    /// A draft that was never saved is thrown away.
    Delete,
}

/// What can be brought back after a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub key: String,
    pub draft: Draft,
    /// The server had it.
    pub was_saved: bool,
}

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
    /// Key of the open draft: a note's id, or what a new one is made under.
    pub open: RwSignal<Option<String>>,
    /// Raised whenever someone opens a note.
    pub times_opened: RwSignal<u32>,
    pub drafts: RwSignal<HashMap<String, Draft>>,
    /// Key of the draft whose save or deletion is under way.
    pub busy: RwSignal<Option<String>>,
    /// What is done after that.
    pub next: StoredValue<Option<Act>>,
    /// How often something was typed.
    pub changes: StoredValue<u32>,
    pub deleted: RwSignal<Option<Deleted>>,
    pub trouble: RwSignal<Option<Trouble>>,
    /// Said politely to screen readers: "Saved", "Note deleted". Not what happens by itself.
    pub said: RwSignal<&'static str>,
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
            busy: RwSignal::new(None),
            next: StoredValue::new(None),
            changes: StoredValue::new(0),
            deleted: RwSignal::new(None),
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
                    let focused = document().active_element().map(|element| element.id());
                    self.list.set(Some(list.notes));
                    // The list is made anew: whoever was in it stays there.
                    if let Some(id) = focused.filter(|id| id.starts_with("note-")) {
                        after_render(move || focus(&id));
                    }
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
            // The list may be older than what was saved a moment ago.
            let is_newer = draft.saved.as_ref().is_none_or(|saved| saved.version <= note.version);
            if is_newer && !draft.is_dirty() {
                *draft = Draft::of(note);
            }
        });
        self.deleted.set(None);
        self.open.set(Some(key));
        self.times_opened.update(|times| *times += 1);
    }

    /// A new note, or the one that could not be saved yet: no other way leads to that.
    pub fn open_new(self) {
        let busy = self.busy.get_untracked();
        let unsaved = self.drafts.with_untracked(|drafts| {
            let mut unsaved = drafts.iter().filter(|(key, draft)| draft.saved.is_none() && busy.as_ref() != Some(*key));
            unsaved.next().map(|(key, _)| key.clone())
        });
        let key = unsaved.unwrap_or_else(new_key);
        self.drafts.update(|drafts| {
            drafts.entry(key.clone()).or_default();
        });
        self.deleted.set(None);
        self.open.set(Some(key));
        self.times_opened.update(|times| *times += 1);
    }

    pub fn draft(self) -> Option<Draft> {
        let key = self.open.get()?;
        self.drafts.with(|drafts| drafts.get(&key).cloned())
    }

    pub fn change(self, change: impl FnOnce(&mut Draft)) {
        if let Some(key) = self.open.get_untracked() {
            self.change_at(&key, change);
        }
    }

    pub fn change_at(self, key: &str, change: impl FnOnce(&mut Draft)) {
        self.drafts.update(|drafts| {
            if let Some(draft) = drafts.get_mut(key) {
                change(draft);
            }
        });
    }

    pub fn draft_at(self, key: &str) -> Option<Draft> {
        self.drafts.with_untracked(|drafts| drafts.get(key).cloned())
    }

    pub fn is_dirty(self, key: &str) -> bool {
        self.drafts.with(|drafts| drafts.get(key).is_some_and(Draft::is_dirty))
    }

    pub fn anything_dirty(self) -> bool {
        self.drafts.with_untracked(|drafts| drafts.values().any(Draft::is_dirty))
    }
}

impl Deleted {
    pub fn words(&self) -> &'static str {
        if self.was_saved { "Note deleted." } else { "Text discarded." }
    }
}

/// What a new note is made under: a repeat of a request whose answer was lost makes no second one.
fn new_key() -> String {
    let part = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("new-{}-{}-{}", part(), part(), part())
}
