//! Says what is wrong with a form, where it is, in the words of the server. Both sides; runs in the browser.

use wasm_bindgen::JsCast;
use web_sys::{DocumentFragment, Element, HtmlElement, HtmlInputElement, HtmlTemplateElement};

use super::{molds, pending};
use crate::{
    base::{browser::document, error::problem_words},
    ui::{elements, focus, hide, set_attribute},
    web::refusal::Refusal,
};

/// The live region of a form, just before it.
const NOTICE: &str = "[data-form-error]";

/// The parts of a page that say what the act before brought about.
const OUTCOMES: [&str; 2] = ["receipt", "outcome"];

/// A secret that may be what is wrong is emptied, what else was typed stays.
pub fn show(form: &Element, refusal: &Refusal) {
    if let Some(button) = pending::button_of(form) {
        pending::end(&button);
    }
    // What the act before brought about does not belong to this error.
    OUTCOMES.into_iter().for_each(hide);
    empty(form, "password", refusal);
    if refusal.code == "wrong_code" {
        empty(form, "code", refusal);
    }
    // The field of the password, which was not needed until now.
    if refusal.asks_for_proof()
        && let Some(template) = elements(form, "template").first()
        && let Some(template) = template.dyn_ref::<HtmlTemplateElement>()
    {
        let _ = template.replace_with_with_node_1(&template.content());
    }
    let mut wrong = Vec::new();
    for field in elements(form, "[data-field]") {
        let words = refusal.at(&field.get_attribute("data-field").unwrap_or_default());
        mark(&field, words.is_some(), words);
        wrong.extend(words.map(|words| (field.id(), words)));
    }
    let only = if wrong.len() == 1 { wrong.first().map(|(id, _)| id.clone()) } else { None };
    for part in elements(form, "[data-after]") {
        let is_after = part.get_attribute("data-after").as_deref() == Some(&refusal.code);
        set_attribute(&part, "hidden", (!is_after).then_some(""));
    }
    // To be asked for the password is no problem.
    let is_question = refusal.asks_for_proof() && refusal.errors.is_empty();
    match is_question {
        true => say(form, &refusal.detail),
        false => say_problems(form, &refusal.detail, &wrong),
    }
    match if is_question { input_in(form, "password").map(|input| input.id()) } else { only } {
        Some(id) => focus(&id),
        None => drop(notice_of(form).and_then(|notice| notice.dyn_into::<HtmlElement>().ok()?.focus().ok())),
    }
}

/// An input that was wrong and is right now, as far as the browser can tell: what was said about it goes.
pub fn mended(input: &Element) {
    if input.has_attribute("aria-invalid") {
        mark(input, false, None);
        take_off_list(&input.id());
    }
}

/// Takes a problem out of the list above the form, and counts again.
pub fn take_off_list(id: &str) {
    let link = document().query_selector(&format!("{NOTICE} a[href=\"#{id}\"]")).ok().flatten();
    let Some(problem) = link.and_then(|link| link.parent_element()) else { return };
    let Ok(Some(notice)) = problem.closest(NOTICE) else { return };
    problem.remove();
    match (elements(&notice, "li").len(), notice.query_selector(".notice-words > p").ok().flatten()) {
        (left @ 1.., Some(words)) => words.set_text_content(Some(&problem_words(left))),
        _ => notice.set_text_content(None),
    }
}

/// Says it above the form, aloud.
pub fn say(form: &Element, words: &str) {
    if let Some(notice) = molds::cast("mold-notice") {
        molds::write(&notice, ".notice-words", words);
        put_above(form, &notice);
    }
}

/// `fields`: the ids of the inputs that are wrong, with what is wrong there.
fn say_problems(form: &Element, words: &str, fields: &[(String, &str)]) {
    let Some(problems) = molds::cast("mold-problems") else { return };
    molds::write(&problems, "p", words);
    if let Some(problem) = molds::part(&problems, "li") {
        for (id, words) in fields {
            add_to_list(&problem, id, words);
        }
        problem.remove();
    }
    if let Some(list) = molds::part(&problems, "ul").filter(|_| fields.is_empty()) {
        list.remove();
    }
    put_above(form, &problems);
}

/// Another problem before the one that stands in the mold, which is the last.
fn add_to_list(last: &Element, id: &str, words: &str) {
    let Ok(Ok(problem)) = last.clone_node_with_deep(true).map(JsCast::dyn_into::<Element>) else { return };
    if let Ok(Some(link)) = problem.query_selector("a") {
        set_attribute(&link, "href", Some(&format!("#{id}")));
        link.set_text_content(Some(words));
    }
    let _ = last.before_with_node_1(&problem);
}

fn put_above(form: &Element, notice: &DocumentFragment) {
    if let Some(place) = notice_of(form) {
        place.replace_children_with_node_1(notice);
    }
}

fn notice_of(form: &Element) -> Option<Element> {
    form.previous_element_sibling().filter(|before| before.matches(NOTICE).unwrap_or(false))
}

/// By its name: another form of the page may have one, too.
fn input_in(form: &Element, name: &str) -> Option<HtmlInputElement> {
    form.query_selector(&format!("input[name={name}]")).ok()??.dyn_into().ok()
}

/// Unless another field is what is wrong: this one was right perhaps.
fn empty(form: &Element, name: &str, refusal: &Refusal) {
    if let Some(input) = input_in(form, name) {
        let field = input.get_attribute("data-field").unwrap_or_default();
        if refusal.errors.is_empty() || refusal.at(&field).is_some() {
            input.set_value("");
        }
    }
}

/// Says at a field what is wrong with it, or gives advice.
pub fn mark(field: &Element, is_wrong: bool, words: Option<&str>) {
    set_attribute(field, "aria-invalid", is_wrong.then_some("true"));
    if let Some(place) = document().get_element_by_id(&format!("{}-error", field.id())) {
        place.set_class_name(if is_wrong { "field-error" } else { "field-error advice" });
        place.set_text_content(words);
    }
}
