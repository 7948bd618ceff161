//! Sends a form and goes where the answer leads, or has it say what is wrong. Both sides; runs in the browser.

use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, Event, FormData, HtmlFormElement, Response, UrlSearchParams};

use super::{
    answer,
    ask::{self, header},
    pending, reveal, target, wait,
};
use crate::{
    base::{
        browser::{after, from_json, member, window},
        error::OFFLINE,
    },
    web::refusal::{AtField, MEDIA_TYPE, Refusal},
};

/// What came was no answer of the program, but of a proxy before it, which does not reach the program either.
const NO_ANSWER: &str = "The server is busy. Try again in a few seconds.";

/// How long someone waits for an answer before the form says that none came.
const PATIENCE: Duration = Duration::from_secs(30);

/// No one knows what became of it: the server may only have been slow.
const UNANSWERED: &str = "The server hasn't answered, but may have done this anyway. Reload the page and check before you try \
                          again.";

/// In an answer that leads elsewhere, which is in its `location`: as server functions of Leptos say it.
const LEADS_ON: &str = "serverfnredirect";

/// In every answer of the program, and in no other: a login page of a hotel answers everything with 200, too.
const MARK: &str = "x-request-id";

/// A form with a button that can wait is sent once; if it is live, the answer comes to this page.
pub fn submitted(event: &Event) {
    let Some(form) = target::<HtmlFormElement>(event) else { return };
    reveal::hide_all(&form);
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
    let signal = patience();
    let (refusal, seconds) = match ask(&form, signal.as_ref()).await {
        Some(response) if header(&response, MARK).is_none() => (foreign(&response), 0),
        Some(response) if header(&response, LEADS_ON).is_some() => {
            let location = header(&response, "location").unwrap_or_default();
            return drop(window().location().set_href(&location));
        }
        Some(response) if response.ok() => return drop(window().location().reload()),
        Some(response) => refusal_in(response).await,
        None => (Refusal::saying(OFFLINE), 0),
    };
    let refusal = if signal.is_some_and(|signal| signal.aborted()) { Refusal::saying(UNANSWERED) } else { refusal };
    answer::show(&form, &refusal);
    wait::begin(&form, seconds);
}

/// Ends what it is given to once that has taken too long.
fn patience() -> Option<AbortSignal> {
    let controller = AbortController::new().ok()?;
    let signal = controller.signal();
    after(PATIENCE, move || controller.abort());
    Some(signal)
}

/// `None` when no answer came.
async fn ask(form: &HtmlFormElement, signal: Option<&AbortSignal>) -> Option<Response> {
    let fields = FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields.into()).ok()?;
    ask::post(&form.get_attribute("action")?, MEDIA_TYPE, &fields, signal).await
}

/// The answer of someone on the way to the server.
fn foreign(response: &Response) -> Refusal {
    Refusal::saying(if response.status() < 500 { OFFLINE } else { NO_ANSWER })
}

/// With the seconds after which another try is worth it, where the tries were too many.
async fn refusal_in(response: Response) -> (Refusal, u32) {
    let refusal = refusal_of(&ask::text(&response).await).unwrap_or_else(|| Refusal::saying(NO_ANSWER));
    let seconds = header(&response, "retry-after").filter(|_| refusal.code == "too_many_tries");
    (refusal, seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_default())
}

fn refusal_of(text: &str) -> Option<Refusal> {
    let problem = from_json(text);
    let at_field = |error: JsValue| -> Option<AtField> {
        Some(AtField { field: member(&error, "field").as_string()?, detail: member(&error, "detail").as_string()? })
    };
    // Not every problem has some.
    let errors = member(&problem, "errors").dyn_into::<Array>();
    Some(Refusal {
        code: member(&problem, "code").as_string()?,
        detail: member(&problem, "detail").as_string()?,
        errors: errors.map(|errors| errors.iter().filter_map(at_field).collect()).unwrap_or_default(),
        reason: None,
    })
}
