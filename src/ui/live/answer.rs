//! Says what is wrong with a form, where it is, in the words of the server. Both sides; runs in the browser.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTemplateElement};

use super::pending;
use crate::{
    ui::{elements, focus, hide, notice::Notice, set_attribute},
    web::refusal::Refusal,
};

/// The id of the live region above a form.
const NOTICE: &str = "form-error";

/// The parts of a page that say what the act before brought about.
const OUTCOMES: [&str; 2] = ["receipt", "outcome"];

/// A secret that may be what is wrong is emptied, what else was typed stays.
pub fn show(form: &Element, refusal: &Refusal) {
    if let Some(button) = pending::button_of(form) {
        pending::end(&button);
    }
    // What the act before brought about does not belong to this error.
    OUTCOMES.into_iter().for_each(hide);
    empty("password", refusal);
    if refusal.code == "wrong_code" {
        empty("code", refusal);
    }
    if refusal.asks_for_proof()
        && let Some(template) = elements(form, "template").first()
    {
        put_in(template);
    }
    for field in elements(form, "[data-field]") {
        let name = field.get_attribute("data-field").unwrap_or_default();
        mark(&field, refusal.at(&name));
    }
    for part in elements(form, "[data-after]") {
        let is_after = part.get_attribute("data-after").as_deref() == Some(&refusal.code);
        set_attribute(&part, "hidden", (!is_after).then_some(""));
    }
    // To be asked for the password is no problem.
    let is_question = refusal.asks_for_proof() && refusal.errors.is_empty();
    say(if is_question { "info" } else { "error" }, &refusal.detail);
    focus_first(form, is_question);
}

/// Says it above the form, aloud.
pub fn say(kind: &'static str, words: &str) {
    let notice = document().get_element_by_id(NOTICE).and_then(|notice| notice.dyn_into::<HtmlElement>().ok());
    if let Some(notice) = notice {
        let words = words.to_owned();
        notice.set_text_content(None);
        leptos::mount::mount_to(notice, move || view! { <Notice kind>{words}</Notice> }).forget();
    }
}

/// Unless another field is what is wrong: this one was right perhaps.
fn empty(id: &str, refusal: &Refusal) {
    let input = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        let field = input.get_attribute("data-field").unwrap_or_default();
        if refusal.errors.is_empty() || refusal.at(&field).is_some() {
            input.set_value("");
        }
    }
}

/// The field of the password, which was not needed until now.
fn put_in(template: &Element) {
    if let Some(template) = template.dyn_ref::<HtmlTemplateElement>() {
        let _ = template.replace_with_with_node_1(&template.content());
    }
}

/// Says at a field what is wrong with it, or that nothing is.
fn mark(field: &Element, wrong: Option<&str>) {
    set_attribute(field, "aria-invalid", wrong.map(|_| "true"));
    if let Some(error) = document().get_element_by_id(&format!("{}-error", field.id())) {
        error.set_class_name(if wrong.is_some() { "field-error" } else { "field-error advice" });
        error.set_text_content(wrong);
    }
}

/// The first field that is wrong, or the password that is asked for, else the notice.
fn focus_first(form: &Element, is_question: bool) {
    let wrong = elements(form, "[aria-invalid]").first().map(Element::id);
    let asked = if is_question { "password" } else { NOTICE };
    focus(wrong.as_deref().unwrap_or(asked));
}
