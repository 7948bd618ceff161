//! `/notes`: the frame comes from the session, everything in it from the API. Both sides.

use std::time::Duration;

use leptos::{either::EitherOf4, ev, leptos_dom::helpers::debounce, prelude::*};

use super::{
    Note,
    editor::Editor,
    panel::{TokenPanel, TroubleNotice},
    state::Notes,
};
use crate::{
    ui::{frame::Page, notice::Notice, skeleton::Skeleton},
    web::{page::token_life, token::client::ApiClient},
};

#[component]
pub fn NotesPage(
    /// Whom it is made for.
    user_id: String,
) -> impl IntoView {
    view! {
        <Page title="Notes">
            <noscript>
                <Notice kind="warning">"This section talks to the API from the browser, so it needs JavaScript. Everything else here works without."</Notice>
            </noscript>
            <Section user_id token_life=token_life() />
        </Page>
    }
}

#[island]
fn Section(user_id: String, token_life: Option<i64>) -> impl IntoView {
    let notes = Notes::new(ApiClient::new(user_id, token_life));
    Effect::new(move |_| notes.load());
    warn_before_loss(notes);
    view! {
            <TroubleNotice notes />
            <div class="notes">
                <NoteIndex notes />
                <Editor notes />
            </div>
            <p class="visually-hidden" role="status">{move || notes.said.get()}</p>
            <TokenPanel api=notes.api />
    }
}

/// The browser asks before it closes a page with unsaved text.
fn warn_before_loss(notes: Notes) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if notes.anything_dirty() {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

#[component]
fn NoteIndex(notes: Notes) -> impl IntoView {
    let mut search = debounce(Duration::from_millis(250), move |()| notes.load());
    view! {
        <section class="note-index" aria-label="Your notes">
            <div class="note-tools">
                <label class="visually-hidden" for="search">"Search your notes"</label>
                <input
                    id="search"
                    type="search"
                    placeholder="Search"
                    maxlength="200"
                    on:input=move |event| {
                        notes.words.set(event_target_value(&event));
                        search(());
                    }
                />
                <button id="new-note" type="button" class="button" on:click=move |_| {
                    notes.open_new();
                    request_animation_frame(|| crate::ui::focus("title"));
                }>"New note"</button>
            </div>
            {move || match notes.list.get() {
                None if notes.trouble.with(Option::is_some) => EitherOf4::A(()),
                None => EitherOf4::B(view! { <Skeleton lines=4 what="Loading your notes…" /> }),
                Some(list) if list.is_empty() => EitherOf4::C(view! { <Empty notes /> }),
                Some(list) => EitherOf4::D(view! { <NoteLinks notes list /> }),
            }}
        </section>
    }
}

#[component]
fn Empty(notes: Notes) -> impl IntoView {
    view! {
        <p class="empty">
            {move || {
                if notes.words.with(String::is_empty) {
                    "No notes yet. Write the first one."
                } else {
                    "No note has words that begin like this."
                }
            }}
        </p>
    }
}

#[component]
fn NoteLinks(notes: Notes, list: Vec<Note>) -> impl IntoView {
    view! {
        <ul class="note-links">
            {list.into_iter().map(|note| view! { <li><NoteLink notes note /></li> }).collect_view()}
        </ul>
        {move || notes.more.get().then(|| view! { <p class="muted">"Only the first 200 are shown; search for the others."</p> })}
    }
}

#[component]
fn NoteLink(notes: Notes, note: Note) -> impl IntoView {
    let key = StoredValue::new(note.id.clone());
    let current = move || notes.open.with(|open| open.as_deref() == Some(&*key.read_value()));
    let title = if note.title.is_empty() { "Untitled".to_owned() } else { note.title.clone() };
    let pinned = note.pinned;
    view! {
        <button
            type="button"
            class="note-link"
            aria-current=move || current().then_some("true")
            on:click=move |_| notes.open_note(note.clone())
        >
            <span class="note-link-title">{title}</span>
            {pinned.then(|| view! { <span class="badge">"Pinned"</span> })}
            {move || notes.is_dirty(&key.read_value()).then(|| view! { <span class="badge warning">"Not saved"</span> })}
        </button>
    }
}
