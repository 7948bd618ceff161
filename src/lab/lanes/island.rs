//! The three lanes. Both sides; runs in the browser, where it knows nothing but the lines that the server writes.

use leptos::{
    prelude::*,
    server_fn::ServerFn,
    task::spawn_local,
    wasm_bindgen::{JsCast, closure::Closure},
};
use web_sys::{Event, EventSource, HtmlFormElement, MessageEvent, UrlSearchParams};

use super::{END, LANES, PATH, is_over, without_news};
use crate::{
    lab::actions::EndLanes,
    ui::{focus, live::ask},
    web::page::PAGE,
};

pub const NAMES: [&str; LANES] = ["Session cookie", "Our JWT", "Plain JWT"];

/// `told`: as they are now. Without JavaScript they stand still.
#[island]
pub fn Lanes(told: String) -> impl IntoView {
    let told = RwSignal::new(told);
    Effect::new(move |_| {
        if !told.with_untracked(|told| is_over(told)) {
            listen(told);
        }
    });
    let said = line(told, 0);
    let end = line(told, END);
    let nothing_to_end = move || !end.with(String::is_empty) || told.with(|told| is_over(told));
    let lanes = NAMES.into_iter().zip(1..).map(|(name, at)| view! { <Lane name told=line(told, at) /> }).collect_view();
    view! {
        <p id="lanes-said" class="lanes-said" role="status" tabindex="-1">{said}</p>
        <ul class="lanes">{lanes}</ul>
        <div class="buttons" hidden=nothing_to_end>
            <EndForm by="log_out" label="Log out now" />
            <EndForm by="force" label="Force logout as administrator" />
        </div>
        <p class="muted">{end}</p>
    }
}

fn line(told: RwSignal<String>, at: usize) -> Memo<String> {
    Memo::new(move |_| told.with(|told| told.split('\n').nth(at).unwrap_or_default().to_owned()))
}

#[component]
fn Lane(name: &'static str, told: Memo<String>) -> impl IntoView {
    let part = move |at: usize| told.with(|told| told.split('|').nth(at).unwrap_or_default().to_owned());
    view! {
        <li class="lane">
            <strong>{name}</strong>
            // One tick per second; what it shows is said below it.
            <svg class="lane-strip" viewBox="0 0 64 1" preserveAspectRatio="none" aria-hidden="true">
                <path class="lane-dead" d=move || format!("M{} .5H{}", part(0), part(1)) />
                <path class="lane-alive" d=move || format!("M0 .5H{}", part(0)) />
            </svg>
            <span class="lane-words">{move || part(2)}</span>
        </li>
    }
}

#[component]
fn EndForm(by: &'static str, label: &'static str) -> impl IntoView {
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(form) = event.target().and_then(|target| target.dyn_into().ok()) {
            end(form, by);
        }
    };
    view! {
        <form method="post" action=EndLanes::PATH on:submit=send>
            // An island doesn't know its page; this one stands on one alone.
            <input type="hidden" name=PAGE value="/lab" />
            <input type="hidden" name="by" value=by />
            <button type="submit" class="button">{label}</button>
        </form>
    }
}

fn listen(told: RwSignal<String>) {
    let Ok(source) = EventSource::new(PATH) else { return };
    let listening = source.clone();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(text) = event.data().as_string() else { return };
        if is_over(&text) {
            // Or the browser would open the stream again.
            listening.close();
        }
        told.set(text);
    });
    source.set_onmessage(Some(hear.into_js_value().unchecked_ref()));
    let asked = source.clone();
    let fail = Closure::<dyn FnMut(Event)>::new(move |_| {
        // Refused: the browser asks again by itself only where the line was lost.
        if asked.ready_state() == EventSource::CLOSED {
            told.update(|told| *told = without_news(told));
        }
    });
    source.set_onerror(Some(fail.into_js_value().unchecked_ref()));
}

/// Sends the form that ends the session. What comes of it comes through the stream; where it was refused, the form is sent
/// as without JavaScript, which leads to the place where the page says why.
fn end(form: HtmlFormElement, by: &'static str) {
    let Ok(fields) = UrlSearchParams::new_with_str(&format!("by={by}")) else { return };
    spawn_local(async move {
        let answer = ask::post(EndLanes::PATH, "application/json", &fields, None).await;
        if answer.is_some_and(|answer| answer.ok()) {
            // The buttons are gone.
            focus("lanes-said");
        } else {
            let _ = form.submit();
        }
    });
}
