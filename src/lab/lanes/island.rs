//! The three lanes. Both sides; runs in the browser, where it knows nothing but the lines that the server writes:
//!
//! what is said, then one line per lane (`seconds alive|seconds until now|words`), then the end, then `live` or `over`.

use leptos::{prelude::*, server_fn::ServerFn, wasm_bindgen::JsCast};

use super::{
    client,
    news::{END, NAMES, is_over},
};
use crate::lab::actions::EndLanes;

/// `told`: as they are now. Without JavaScript they stand still.
#[island]
pub fn Lanes(told: String) -> impl IntoView {
    let told = RwSignal::new(told);
    Effect::new(move |_| {
        if !told.with_untracked(|told| is_over(told)) {
            client::listen(told);
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
        let form = event.target().and_then(|target| target.dyn_into().ok());
        client::end(form, EndLanes::PATH, by);
    };
    view! {
        <form method="post" action=EndLanes::PATH on:submit=send>
            <input type="hidden" name="by" value=by />
            <button type="submit" class="button">{label}</button>
        </form>
    }
}
