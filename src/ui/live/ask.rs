//! Asks the server something, and reads its answer with what the browser has for that. Both sides; runs in the browser.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use crate::base::browser::window;

/// `None` when no answer came.
pub async fn post(address: &str, accept: &str, body: &JsValue, signal: Option<&AbortSignal>) -> Option<Response> {
    let headers = Headers::new().ok()?;
    headers.set("accept", accept).ok()?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers_headers(&headers);
    request.set_body(body);
    request.set_signal(signal);
    JsFuture::from(window().fetch_with_str_and_init(address, &request)).await.ok()?.dyn_into().ok()
}

/// Empty where it broke off.
pub async fn text(response: &Response) -> String {
    let Ok(text) = response.text() else { return String::new() };
    JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

pub fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}
