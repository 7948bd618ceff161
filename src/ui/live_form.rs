//! Makes forms react: the few listeners that serve every form of a page. Both sides; runs in the browser.
//!
//! The server renders the forms and finds the words, so nothing of a single form is in the browser's package. `data-live`
//! marks a [`Form`](super::form::Form), `data-pending` its button, `data-field` its fields.

use std::time::Duration;

use gloo_net::http::{Request, Response};
use leptos::{ev, prelude::*, server_fn::redirect::REDIRECT_HEADER, task::spawn_local, wasm_bindgen::JsCast};
use web_sys::{
    Element, Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTemplateElement, UrlSearchParams,
};

use super::{elements, focus, hide, notice::Notice, set_attribute};
use crate::{
    error::OFFLINE,
    web::refusal::{MEDIA_TYPE, Refusal},
};

/// The id of the live region above a form.
const NOTICE: &str = "form-error";

const BUTTON: &str = "button[data-pending]";

/// How often a countdown looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// For as long as the page lives.
pub fn listen() {
    window_event_listener(ev::submit, |event| submitted(&event));
    window_event_listener(ev::click, |event| {
        if let Some(button) = element_of(&event).and_then(|element| element.closest("[data-shows]").ok()?) {
            show_or_hide_password(&button);
        }
    });
    // Whoever comes back to the page finds it ready.
    window_event_listener(ev::pagehide, |_| elements(&document(), BUTTON).iter().for_each(end_pending));
    // What was refused before this script was there.
    for form in elements(&document(), "form[data-wait]") {
        let seconds = form.get_attribute("data-wait").and_then(|seconds| seconds.parse().ok());
        wait(&form, seconds.unwrap_or_default());
    }
}

fn element_of(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// A form with a button that can wait is sent once; if it is live, the answer comes to this page.
fn submitted(event: &Event) {
    let Some(form) = element_of(event).and_then(|element| element.dyn_into::<HtmlFormElement>().ok()) else { return };
    let Some(button) = button_of(&form) else { return };
    if button.has_attribute("aria-disabled") {
        event.prevent_default();
        return;
    }
    begin_pending(&button);
    if form.has_attribute("data-live") {
        event.prevent_default();
        spawn_local(send(form));
    }
}

fn button_of(form: &Element) -> Option<Element> {
    form.query_selector(BUTTON).ok().flatten()
}

/// Not `disabled`: the focus would be lost.
fn begin_pending(button: &Element) {
    if let (Some(text), Some(pending)) = (button.first_child(), button.get_attribute("data-pending")) {
        set_attribute(button, "data-label", text.text_content().as_deref());
        text.set_text_content(Some(&pending));
        set_attribute(button, "aria-disabled", Some("true"));
    }
}

fn end_pending(button: &Element) {
    if let (Some(text), Some(label)) = (button.first_child(), button.get_attribute("data-label")) {
        text.set_text_content(Some(&label));
        set_attribute(button, "data-label", None);
        set_attribute(button, "aria-disabled", None);
    }
}

/// After a success another document comes, even of the same page: nothing of before may live on in it. The button
/// waits until then.
async fn send(form: HtmlFormElement) {
    let refusal = match ask(&form).await {
        Some(response) if response.headers().has(REDIRECT_HEADER) => {
            let location = response.headers().get("location").unwrap_or_default();
            return drop(window().location().set_href(&location));
        }
        Some(response) if response.ok() => return drop(window().location().reload()),
        Some(response) => refusal_in(response).await,
        None => (Refusal { detail: OFFLINE.into(), ..Refusal::default() }, 0),
    };
    show(&form, &refusal.0);
    wait(&form, refusal.1);
}

async fn ask(form: &HtmlFormElement) -> Option<Response> {
    let fields = FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields.into()).ok()?;
    let request = Request::post(&form.get_attribute("action")?).header("accept", MEDIA_TYPE);
    request.body(fields).ok()?.send().await.ok()
}

/// With the seconds after which another try is worth it, where the tries were too many.
async fn refusal_in(response: Response) -> (Refusal, u32) {
    let text = response.text().await.unwrap_or_default();
    let refusal = serde_json::from_str(&text).unwrap_or_else(|_| Refusal {
        detail: "The server cannot answer right now. Try again in a moment.".into(),
        ..Refusal::default()
    });
    let seconds = response.headers().get("retry-after").filter(|_| refusal.code == "too_many_tries");
    (refusal, seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_default())
}

/// Says what is wrong, where it is. Secrets are emptied, what else was typed stays.
fn show(form: &Element, refusal: &Refusal) {
    if let Some(button) = button_of(form) {
        end_pending(&button);
    }
    // What the act before brought about does not belong to this error.
    hide("receipt");
    clear_input("password");
    if refusal.code == "wrong_code" {
        clear_input("code");
    }
    let asks = matches!(&*refusal.code, "insufficient_user_authentication" | "wrong_password");
    if asks && let Some(template) = elements(form, "template").first() {
        show_template(template);
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
    say(if asks && refusal.errors.is_empty() { "info" } else { "error" }, &refusal.detail);
    focus_first(form, asks);
}

/// The field of the password, which was not needed until now.
fn show_template(template: &Element) {
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

fn say(kind: &'static str, words: &str) {
    let Some(notice) = document().get_element_by_id(NOTICE).and_then(|notice| notice.dyn_into::<HtmlElement>().ok())
    else {
        return;
    };
    notice.set_inner_html("");
    let words = words.to_owned();
    leptos::mount::mount_to(notice, move || view! { <Notice kind>{words}</Notice> }).forget();
}

/// The first field that is wrong or asked for, else the notice.
fn focus_first(form: &Element, asks: bool) {
    let first = elements(form, "[aria-invalid]").first().map(Element::id);
    let asked = || asks.then(|| "password".to_owned());
    focus(&first.or_else(asked).unwrap_or_else(|| NOTICE.into()));
}

/// Counts down on the button. Only the beginning and the end of a wait are worth saying aloud.
fn wait(form: &Element, seconds: u32) {
    let Some(button) = button_of(form).filter(|_| seconds > 0) else { return };
    set_attribute(&button, "aria-disabled", Some("true"));
    tick(button, js_sys::Date::now() + f64::from(seconds) * 1000.0);
}

/// By the clock, not by counting: a browser lets timers of a tab in the background sleep.
fn tick(button: Element, end: f64) {
    // A whole number: to format a float costs the browser package ten kilobytes.
    let left = ((end - js_sys::Date::now()) / 1000.0).ceil() as i32;
    let Some(countdown) = button.last_element_child() else { return };
    set_attribute(&countdown, "hidden", (left < 1).then_some(""));
    if left < 1 {
        countdown.set_text_content(None);
        set_attribute(&button, "aria-disabled", None);
        say("info", "You can try again now.");
        return;
    }
    countdown.set_text_content(Some(&format!("({left} s)")));
    set_timeout(move || tick(button, end), TICK);
}

fn show_or_hide_password(button: &Element) {
    let id = button.get_attribute("aria-controls").unwrap_or_default();
    let field = document().get_element_by_id(&id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let (Some(field), Some(word)) = (field, button.first_child()) {
        let shows = field.type_() == "password";
        field.set_type(if shows { "text" } else { "password" });
        word.set_text_content(Some(if shows { "Hide" } else { "Show" }));
    }
}

/// Empties the input with this id.
fn clear_input(id: &str) {
    let input = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        input.set_value("");
    }
}
