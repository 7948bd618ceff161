//! What the notes page remembers, and what it does: load, save, pin, delete. Both sides; runs in the browser.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::{Note, NoteInput, client};
use crate::{
    base::error::Field,
    ui::{after_render, bring_into_view, focus},
    web::{
        refusal::Refusal,
        session::client::session_is_over,
        token::client::{ApiClient, Trouble},
    },
};

/// A pause in the typing, after which the text is saved.
const PAUSE: Duration = Duration::from_millis(1_500);

/// A text that is being written. It lives in memory until it is saved or thrown away: nothing that happens to the
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
    fn of(note: Note) -> Self {
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
    fn saves_itself(&self) -> bool {
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

/// What a person asks for beside typing. Where a save is under way it waits for that.
#[derive(Clone, Copy)]
enum Act {
    Save,
    Pin(bool),
    Delete,
}

/// What can be brought back after a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    key: String,
    draft: Draft,
    /// The server had it.
    was_saved: bool,
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
    next: StoredValue<Option<Act>>,
    /// How often something was typed.
    changes: StoredValue<u32>,
    pub deleted: RwSignal<Option<Deleted>>,
    pub trouble: RwSignal<Option<Trouble>>,
    /// Said politely to screen readers: "Saved", "Note deleted". Not what happens by itself.
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

    fn change_at(self, key: &str, change: impl FnOnce(&mut Draft)) {
        self.drafts.update(|drafts| {
            if let Some(draft) = drafts.get_mut(key) {
                change(draft);
            }
        });
    }

    fn draft_at(self, key: &str) -> Option<Draft> {
        self.drafts.with_untracked(|drafts| drafts.get(key).cloned())
    }

    /// As [`change`](Self::change), by typing: it is saved after a pause.
    pub fn typed(self, change: impl FnOnce(&mut Draft)) {
        self.change(change);
        self.save_soon();
    }

    pub fn is_dirty(self, key: &str) -> bool {
        self.drafts.with(|drafts| drafts.get(key).is_some_and(Draft::is_dirty))
    }

    pub fn anything_dirty(self) -> bool {
        self.drafts.with_untracked(|drafts| drafts.values().any(Draft::is_dirty))
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
            let pinned = draft.pinned;
            self.send(key, draft, pinned, false);
        }
    }

    /// Saves the open draft now.
    pub fn save(self) {
        self.act(Act::Save);
    }

    /// As [`save`](Self::save), and pins the note or takes it down.
    pub fn pin(self, pinned: bool) {
        self.act(Act::Pin(pinned));
    }

    /// Deletes the open note; a draft that was never saved is thrown away.
    pub fn delete(self) {
        self.act(Act::Delete);
    }

    fn act(self, act: Act) {
        if self.busy.with_untracked(Option::is_some) {
            return self.next.set_value(Some(act));
        }
        let Some(key) = self.open.get_untracked() else { return };
        let Some(draft) = self.draft_at(&key) else { return };
        let pinned = draft.pinned;
        match act {
            Act::Save => self.send(key, draft, pinned, true),
            Act::Pin(pinned) => self.send(key, draft, pinned, true),
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

    fn send(self, key: String, draft: Draft, pinned: bool, aloud: bool) {
        let input = NoteInput { title: draft.title, body: draft.body, pinned };
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
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.theirs = Some(current);
                }
            });
            self.trouble.set(None);
            return;
        }
        // About this text, and fixed in it: it is said there. "Save" tries again.
        if let Trouble::Refused { status: 422 | 429, body, .. } = &trouble {
            let Refusal { code, errors, .. } = serde_json::from_str(body).unwrap_or_default();
            if let Some(wrong) = errors.first().filter(|_| self.open.get_untracked().as_deref() == Some(key)) {
                let place = format!("{}-error", wrong.field);
                after_render(move || bring_into_view(&place));
            }
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.refused = Some(Refusal { code, errors, ..Refusal::saying(&trouble.sentence()) });
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
        self.save();
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
        self.save();
        after_render(|| focus("body"));
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
