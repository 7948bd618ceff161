//! Sends a form and goes where the answer leads, or has it say what is wrong. Both sides; runs in the browser.

use gloo_net::http::{Request, Response};
use leptos::{prelude::*, server_fn::redirect::REDIRECT_HEADER, task::spawn_local, wasm_bindgen::JsCast};
use web_sys::{Event, FormData, HtmlFormElement, UrlSearchParams};

use super::{answer, pending, target, wait};
use crate::{
    error::OFFLINE,
    web::refusal::{MEDIA_TYPE, Refusal},
};

/// What came was no answer of the program, but perhaps of a proxy before it.
const NO_ANSWER: &str = "The server cannot answer right now. Wait a few seconds and try again.";

/// A form with a button that can wait is sent once; if it is live, the answer comes to this page.
pub fn submitted(event: &Event) {
    let Some(form) = target(event).and_then(|element| element.dyn_into::<HtmlFormElement>().ok()) else { return };
    let Some(button) = pending::button_of(&form) else { return };
    if button.has_attribute("aria-disabled") {
        event.prevent_default();
        return;
    }
    pending::begin(&button);
    if form.has_attribute("data-live") {
        event.prevent_default();
        spawn_local(send(form));
    }
}

/// After a success another document comes, even of the same page: nothing of before may live on in it. The button
/// waits until then.
async fn send(form: HtmlFormElement) {
    let (refusal, seconds) = match ask(&form).await {
        Some(response) if response.headers().has(REDIRECT_HEADER) => {
            let location = response.headers().get("location").unwrap_or_default();
            return drop(window().location().set_href(&location));
        }
        Some(response) if response.ok() => return drop(window().location().reload()),
        Some(response) => refusal_in(response).await,
        None => (Refusal::saying(OFFLINE), 0),
    };
    answer::show(&form, &refusal);
    wait::begin(&form, seconds);
}

/// `None` when no answer came.
async fn ask(form: &HtmlFormElement) -> Option<Response> {
    let fields = FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields.into()).ok()?;
    let request = Request::post(&form.get_attribute("action")?).header("accept", MEDIA_TYPE);
    request.body(fields).ok()?.send().await.ok()
}

/// With the seconds after which another try is worth it, where the tries were too many.
async fn refusal_in(response: Response) -> (Refusal, u32) {
    let text = response.text().await.unwrap_or_default();
    let refusal = serde_json::from_str(&text).unwrap_or_else(|_| Refusal::saying(NO_ANSWER));
    let seconds = response.headers().get("retry-after").filter(|_| refusal.code == "too_many_tries");
    (refusal, seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_default())
}
