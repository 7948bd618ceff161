//! A field of a form: label, help, input, and what is wrong with it, said where it is. Both sides.

use leptos::{ev, prelude::*};

/// A one-line field. The error stands in a live region that is always there, so that screen readers hear it come.
#[component]
pub fn TextField(
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "on")] autocomplete: &'static str,
    #[prop(optional)] help: &'static str,
    #[prop(optional)] maxlength: Option<u16>,
    #[prop(optional, into)] value: String,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let inputmode = if kind == "email" { "email" } else { "text" };
    view! {
        <div class="field">
            <Label name label help />
            <input
                id=name
                name=name
                type=kind
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize=(kind == "email").then_some("none")
                spellcheck=(kind == "email").then_some("false")
                value=value
                maxlength=maxlength
                required
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by(name, help)
            />
            <FieldError name error />
        </div>
    }
}

/// A password, with a button that shows it. Never given a value: what was typed does not come back.
#[component]
pub fn PasswordField(
    #[prop(default = "password")] name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] help: &'static str,
    #[prop(optional)] autofocus: bool,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    view! {
        <div class="field">
            <Label name label help />
            <div class="field-with-button">
                <input
                    id=name
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=autofocus
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described_by(name, help)
                />
                <button
                    type="button"
                    class="button quiet with-script"
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_: ev::MouseEvent| shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { "Hide" } else { "Show" }}
                    <span class="visually-hidden">" password"</span>
                </button>
            </div>
            <FieldError name error />
        </div>
    }
}

/// A box to tick, with its label beside it. Sends `on` when it is ticked, nothing otherwise.
#[component]
pub fn Checkbox(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] help: &'static str,
    #[prop(optional)] checked: bool,
) -> impl IntoView {
    view! {
        <div class="field checkbox">
            <input id=name name=name type="checkbox" checked=checked aria-describedby=format!("{name}-help") />
            <label for=name>{label}</label>
            <p class="help" id=format!("{name}-help")>{help}</p>
        </div>
    }
}

#[component]
fn Label(name: &'static str, label: &'static str, help: &'static str) -> impl IntoView {
    view! {
        <label for=name>{label}</label>
        {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{name}-help")>{help}</p> })}
    }
}

/// What is wrong with the field of this name.
#[component]
pub fn FieldError(name: &'static str, #[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
    view! { <p class="field-error" id=format!("{name}-error") aria-live="polite">{move || error.get()}</p> }
}

fn described_by(name: &str, help: &str) -> String {
    let error = format!("{name}-error");
    if help.is_empty() { error } else { format!("{name}-help {error}") }
}
