//! What stands in `/notes`: everything in it comes from the API. Both sides.

use std::time::Duration;

use leptos::{either::EitherOf4, ev, leptos_dom::helpers::debounce, prelude::*, wasm_bindgen::JsValue};

use super::{
    Note,
    editor::Editor,
    panel::{TokenPanel, TroubleNotice},
    state::Notes,
};
use crate::{
    ui::{after_render, focus},
    web::token::client::ApiClient,
};

#[island]
pub fn Section(user_id: String, token_life: Option<i64>) -> impl IntoView {
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

/// The browser asks before it closes a page with unsaved text, which is on its way by then. A phone asks nothing: there
/// it is saved when the page goes out of sight. What could not be sent is sent when the connection is back.
fn warn_before_loss(notes: Notes) {
    Effect::new(move |_| {
        let leaving = window_event_listener(ev::beforeunload, move |event| {
            if notes.anything_dirty() {
                event.prevent_default();
                notes.save_changed();
            }
        });
        let hidden = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                notes.save_changed();
            }
        });
        let online = window_event_listener_untyped("online", move |_| notes.save_changed());
        on_cleanup(move || {
            for handle in [leaving, hidden, online] {
                handle.remove();
            }
        });
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
                    after_render(|| focus("title"));
                }>"New note"</button>
            </div>
            {move || match notes.list.get() {
                None if notes.trouble.with(Option::is_some) => EitherOf4::A(()),
                None => EitherOf4::B(view! { <Loading /> }),
                Some(list) if list.is_empty() => EitherOf4::C(view! { <Empty notes /> }),
                Some(list) => EitherOf4::D(view! { <NoteLinks notes list /> }),
            }}
        </section>
    }
}

/// The shape of the list that is on its way, so that nothing moves when it comes.
#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="skeleton" aria-busy="true">
            <p class="visually-hidden">"Loading your notes…"</p>
            {(0..4).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}

#[component]
fn Empty(notes: Notes) -> impl IntoView {
    view! {
        <p class="empty">
            {move || {
                if notes.words.with(String::is_empty) {
                    "You don't have any notes yet."
                } else {
                    "No notes match your search."
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
        {move || notes.more.get().then(|| view! { <p class="muted">"Showing the first 200 notes. Search to find the others."</p> })}
    }
}

#[component]
fn NoteLink(notes: Notes, note: Note) -> impl IntoView {
    let key = StoredValue::new(note.id.clone());
    let current = move || notes.open.with(|open| open.as_deref() == Some(&*key.read_value()));
    let title = if note.title.is_empty() { "Untitled".to_owned() } else { note.title.clone() };
    let (id, pinned, updated_at, begins) =
        (format!("note-{}", note.id), note.pinned, note.updated_at, note.first_line());
    view! {
        <button
            id=id
            type="button"
            class="note-link"
            aria-current=move || current().then_some("true")
            on:click=move |_| notes.open_note(note.clone())
        >
            <span class="note-link-title" dir="auto">{title}</span>
            {pinned.then(|| view! { <span class="badge">"Pinned"</span> })}
            // Of the open note the editor says it.
            {move || (!current() && notes.is_dirty(&key.read_value())).then(|| view! { <span class="badge warning">"Unsaved"</span> })}
            <span class="note-link-more"><DayOf ms=updated_at />" "<bdi>{begins}</bdi></span>
        </button>
    }
}

/// The day of a moment where the reader is. Notes come to the page in the browser, which knows its zone.
#[component]
fn DayOf(ms: i64) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "no time is so far away")]
    let date = js_sys::Date::new(&JsValue::from_f64(ms as f64));
    let options = js_sys::Object::new();
    for (part, form) in [("day", "numeric"), ("month", "short"), ("year", "numeric")] {
        let _ = js_sys::Reflect::set(&options, &part.into(), &form.into());
    }
    let exact = String::from(date.to_locale_string("en-GB", &js_sys::Object::new()));
    let day = String::from(date.to_locale_date_string("en-GB", &options));
    view! { <time datetime=String::from(date.to_iso_string()) title=exact>{day}</time> }
}
