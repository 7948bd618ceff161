//! A field of a form: label, help, input, and what is wrong with it, said where it is. Rendered by the server, inside a
//! [`Form`](super::form::Form), which knows what was wrong. Server side.

use leptos::{attr::custom::custom_attribute, prelude::*};

use super::{
    before::{begins_with, stands_here, wrong_at},
    draw::Content,
};
use crate::base::error::Field;

/// A one-line field. The error stands in a live region that is always there, so that screen readers hear it come. No
/// field has a `maxlength`, which would cut off the end of a long text in silence.
#[component]
pub fn TextField(
    name: &'static str,
    label: &'static str,
    /// What errors call it.
    field: Field,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "on")] autocomplete: &'static str,
    #[prop(optional, into)] help: String,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] value: String,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    stands_here(field, name);
    let (inputmode, described_by) = (if kind == "email" { "email" } else { "text" }, described_by(name, &help));
    view! {
        <div class="field">
            <Label id=name label help />
            <input
                id=name
                name=name
                type=kind
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize=(kind == "email").then_some("none")
                spellcheck=(kind == "email").then_some("false")
                value=value
                dir="auto"
                required=!optional
                autofocus=begins_with(field, autofocus)
                aria-invalid=wrong_at(field).map(|_| "true")
                aria-describedby=described_by
                data-field=field.into_str()
            />
            <FieldError id=name field />
        </div>
    }
}

/// A password, with a button that shows it. Never given a value: what was typed does not come back. Nothing hinders
/// pasting.
#[component]
pub fn PasswordField(
    #[prop(default = "password")] name: &'static str,
    /// Without one it is the name.
    #[prop(optional)]
    id: Option<&'static str>,
    label: &'static str,
    /// What errors call it.
    field: Field,
    #[prop(default = "current-password")] autocomplete: &'static str,
    #[prop(optional, into)] help: String,
    #[prop(optional)] autofocus: bool,
    /// Fewest and most characters, for what makes passwords up; the server's words say it to people.
    #[prop(optional)]
    lengths: Option<(u8, usize)>,
    /// It may stay empty.
    #[prop(optional)]
    optional: bool,
    /// What stands below the field.
    #[prop(optional)]
    children: Option<Content>,
) -> impl IntoView {
    let id = id.unwrap_or(name);
    stands_here(field, id);
    let described_by = described_by(id, &help);
    let rules = lengths.map(|(min, max)| format!("minlength: {min}; maxlength: {max};"));
    let min = lengths.map(|(min, _)| min);
    let what = label.to_lowercase();
    view! {
        <div class="field">
            <Label id label help />
            <div class="field-with-button">
                <input
                    {..custom_attribute("passwordrules", rules)}
                    id=id
                    name=name
                    type="password"
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    required=!optional
                    minlength=min
                    autofocus=begins_with(field, autofocus)
                    aria-invalid=wrong_at(field).map(|_| "true")
                    aria-describedby=described_by
                    data-field=field.into_str()
                />
                // Its name says what it will do; `aria-pressed` beside that would say the opposite.
                <button type="button" class="button quiet with-script" aria-controls=id data-shows="">
                    "Show"<span class="visually-hidden">" " {what}</span>
                </button>
            </div>
            {children.map(Content::drawn)}
            <FieldError id field />
        </div>
    }
}

/// A code of the second factor, which phones and password managers fill in by themselves. No pattern and no maximum
/// length: "123 456" gets pasted. Never given a value.
#[component]
pub fn CodeField(
    label: &'static str,
    #[prop(optional)] help: &'static str,
    /// A recovery code, which has letters.
    #[prop(optional)]
    recovery: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let (name, field) = ("code", Field::Code);
    stands_here(field, name);
    view! {
        <div class="field code">
            <Label id=name label help=help.to_owned() />
            <input
                id=name
                name=name
                type="text"
                inputmode=if recovery { "text" } else { "numeric" }
                autocomplete=if recovery { "off" } else { "one-time-code" }
                autocapitalize="none"
                spellcheck="false"
                required
                autofocus=begins_with(field, autofocus)
                aria-invalid=wrong_at(field).map(|_| "true")
                aria-describedby=described_by(name, help)
                data-field=field.into_str()
            />
            <FieldError id=name field />
        </div>
    }
}

/// A text of several lines.
#[component]
pub fn LinesField(
    name: &'static str,
    label: &'static str,
    /// What errors call it.
    field: Field,
    #[prop(optional, into)] help: String,
    #[prop(optional, into)] value: String,
) -> impl IntoView {
    stands_here(field, name);
    let described_by = described_by(name, &help);
    view! {
        <div class="field">
            <Label id=name label help />
            <textarea
                id=name
                name=name
                rows="3"
                class="short"
                autocapitalize="none"
                spellcheck="false"
                dir="auto"
                autofocus=begins_with(field, false)
                aria-invalid=wrong_at(field).map(|_| "true")
                aria-describedby=described_by
                data-field=field.into_str()
            >{value}</textarea>
            <FieldError id=name field />
        </div>
    }
}

/// One of a few. The first is chosen where `chosen` is none of them, and nothing in particular with `all`.
#[component]
pub fn SelectField(
    name: &'static str,
    label: &'static str,
    /// What errors call it, if anything can be wrong.
    #[prop(optional)]
    field: Option<Field>,
    #[prop(optional)] help: &'static str,
    /// What nothing in particular is called, where that may be chosen.
    #[prop(optional)]
    all: &'static str,
    /// As they're sent, and in words.
    options: Vec<(&'static str, &'static str)>,
    #[prop(into)] chosen: String,
) -> impl IntoView {
    if let Some(field) = field {
        stands_here(field, name);
    }
    let described_by = match field {
        Some(_) => Some(described_by(name, help)),
        None => (!help.is_empty()).then(|| format!("{name}-help")),
    };
    let options = options.into_iter().map(|(value, words)| {
        view! { <option value=value selected=value == chosen>{words}</option> }
    });
    view! {
        <div class="field">
            <Label id=name label help=help.to_owned() />
            <select
                id=name
                name=name
                aria-invalid=field.and_then(wrong_at).map(|_| "true")
                aria-describedby=described_by
                data-field=field.map(|field| field.into_str())
            >
                {(!all.is_empty()).then(|| view! { <option value="">{all}</option> })}
                {options.collect_view()}
            </select>
            {field.map(|field| view! { <FieldError id=name field /> })}
        </div>
    }
}

/// A box to tick, with its label beside it. Sends `on` when it is ticked, nothing otherwise.
#[component]
pub fn Checkbox(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] help: String,
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
fn Label(id: &'static str, label: &'static str, help: String) -> impl IntoView {
    view! {
        <label for=id>{label}</label>
        {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{id}-help")>{help}</p> })}
    }
}

/// What is wrong with the field of this id. Where nothing is, there is room for advice.
#[component]
fn FieldError(id: &'static str, field: Field) -> impl IntoView {
    let wrong = wrong_at(field);
    let class = if wrong.is_some() { "field-error" } else { "field-error advice" };
    view! {
        <p class=class id=format!("{id}-error") aria-live="polite">
            {wrong}
        </p>
    }
}

fn described_by(id: &str, help: &str) -> String {
    let error = format!("{id}-error");
    if help.is_empty() { error } else { format!("{id}-help {error}") }
}
