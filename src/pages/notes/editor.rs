//! The editor of one note. Both sides; runs in the browser.

use leptos::{either::Either, ev, prelude::*};

use super::{
    draft::Draft,
    state::{Act, Notes},
};
use crate::{
    base::error::Field,
    ui::{after_render, focus, notice::Notice},
};

#[component]
pub fn Editor(notes: Notes) -> impl IntoView {
    // The form is made anew when a note is opened, not for another letter and not when a new note gets its id: the
    // cursor stays where it is.
    let is_open = Memo::new(move |_| notes.open.with(Option::is_some));
    view! {
        <section class="note-editor" aria-label="Editor">
            {move || {
                notes.times_opened.track();
                if is_open.get() {
                    Either::Left(view! { <DraftForm notes /> })
                } else {
                    Either::Right(view! { <NothingOpen notes /> })
                }
            }}
        </section>
    }
}

#[component]
fn NothingOpen(notes: Notes) -> impl IntoView {
    move || match notes.deleted.get() {
        Some(deleted) => Either::Left(view! {
            <Notice kind="info">
                <div class="buttons">
                    <span>{deleted.words()}</span>
                    <button id="undo" type="button" class="button" on:click=move |_| notes.undo()>"Undo"</button>
                </div>
            </Notice>
        }),
        None => Either::Right(view! { <p class="empty with-script">"Select a note or create one."</p> }),
    }
}

#[component]
fn DraftForm(notes: Notes) -> impl IntoView {
    let draft = Memo::new(move |_| notes.draft().unwrap_or_default());
    // Apart from the text, or each letter would say it again.
    let refused = Memo::new(move |_| draft.with(Draft::why_refused));
    let title_wrong = Memo::new(move |_| draft.with(|draft| draft.wrong_at(Field::Title)));
    let body_wrong = Memo::new(move |_| draft.with(|draft| draft.wrong_at(Field::Body)));
    let save_with_keys = move |event: ev::KeyboardEvent| {
        if (event.ctrl_key() || event.meta_key()) && event.key() == "s" {
            event.prevent_default();
            notes.act(Act::Save);
        }
    };
    view! {
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                notes.act(Act::Save);
            }
            on:keydown=save_with_keys
        >
            <Conflict notes draft />
            <div class="field">
                <label for="title">"Title"</label>
                <input
                    id="title"
                    dir="auto"
                    aria-invalid=move || title_wrong.with(Option::is_some).then_some("true")
                    aria-describedby="title-error"
                    prop:value=move || draft.with(|draft| draft.title.clone())
                    on:input=move |event| notes.typed(Field::Title, |draft| draft.title = event_target_value(&event))
                />
                <p class="field-error" id="title-error" aria-live="polite">{move || title_wrong.get()}</p>
            </div>
            <div class="field">
                <label for="body">"Text"</label>
                <textarea
                    id="body"
                    dir="auto"
                    rows="12"
                    aria-invalid=move || body_wrong.with(Option::is_some).then_some("true")
                    aria-describedby="body-error"
                    prop:value=move || draft.with(|draft| draft.body.clone())
                    on:input=move |event| notes.typed(Field::Body, |draft| draft.body = event_target_value(&event))
                ></textarea>
                <p class="field-error" id="body-error" aria-live="polite">{move || body_wrong.get()}</p>
                <div id="save-refused" aria-live="assertive">
                    {move || refused.get().map(|words| view! { <Notice kind="error">{words}</Notice> })}
                </div>
            </div>
            <Buttons notes draft />
        </form>
    }
}

#[component]
fn Buttons(notes: Notes, draft: Memo<Draft>) -> impl IntoView {
    let asking = RwSignal::new(false);
    let is_new = Memo::new(move |_| draft.with(|draft| draft.saved.is_none()));
    let pinned = move || draft.with(|draft| draft.saved.as_ref().is_some_and(|note| note.pinned));
    view! {
        <div class="buttons">
            <button type="submit" class="button primary">"Save"</button>
            {move || (!is_new.get()).then(|| view! {
                <button type="button" class="button" on:click=move |_| notes.act(Act::Pin(!pinned()))>
                    {move || if pinned() { "Unpin" } else { "Pin" }}
                </button>
            })}
            {move || if asking.get() {
                Either::Left(view! {
                    <span class="confirm" role="group" aria-label="Confirm deletion">
                        <span>{if is_new.get_untracked() { "Discard this text?" } else { "Delete this note?" }}</span>
                        <button type="button" class="button danger" id="really-delete" on:click=move |_| notes.act(Act::Delete)>{if is_new.get_untracked() { "Discard" } else { "Delete" }}</button>
                        <button type="button" class="button" on:click=move |_| {
                            asking.set(false);
                            after_render(|| focus("delete"));
                        }>"Cancel"</button>
                    </span>
                })
            } else {
                Either::Right(view! {
                    <button id="delete" type="button" class="button quiet" on:click=move |_| {
                        asking.set(true);
                        after_render(|| focus("really-delete"));
                    }>{move || if is_new.get() { "Discard" } else { "Delete" }}</button>
                })
            }}
            <SaveState notes draft />
        </div>
    }
}

#[component]
fn SaveState(notes: Notes, draft: Memo<Draft>) -> impl IntoView {
    let is_saving = move || notes.open.with(|open| notes.busy.with(|busy| busy.is_some() && busy == open));
    view! {
        <span class="muted save-state">
            {move || draft.with(|draft| match &draft.saved {
                _ if is_saving() => "Saving…",
                _ if draft.is_dirty() => "Unsaved changes",
                Some(_) => "Saved",
                None => "",
            })}
        </span>
    }
}

/// Two tabs wrote: both texts are shown, and the person decides.
#[component]
fn Conflict(notes: Notes, draft: Memo<Draft>) -> impl IntoView {
    move || {
        let theirs = draft.with(|draft| draft.theirs.clone())?;
        Some(view! {
            <div role="alert">
                <Notice kind="warning">
                    <p>"This note was changed in another tab or on another device. Your version is below. The other version:"</p>
                    <blockquote>
                        <strong dir="auto">{if theirs.title.is_empty() { "Untitled".to_owned() } else { theirs.title }}</strong>
                        <p class="note-text" dir="auto">{theirs.body}</p>
                    </blockquote>
                    <div class="buttons">
                        <button type="button" class="button" on:click=move |_| notes.keep_mine()>"Keep my version"</button>
                        <button type="button" class="button" on:click=move |_| notes.take_theirs()>"Use the other version"</button>
                    </div>
                </Notice>
            </div>
        })
    }
}
