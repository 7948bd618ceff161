//! Hear from the browser how the lanes go on, and end their session without leaving the page.

use gloo_net::http::Request;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, closure::Closure},
};
use web_sys::{Event, EventSource, HtmlFormElement, MessageEvent};

use super::{
    PATH,
    news::{is_over, without_news},
};
use crate::ui::focus;

/// Writes each news into `told`, until there is none to come.
pub fn listen(told: RwSignal<String>) {
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
pub fn end(form: Option<HtmlFormElement>, address: &'static str, by: &'static str) {
    spawn_local(async move {
        let post = Request::post(address)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        let sent = match post.body(format!("by={by}")) {
            Ok(request) => request.send().await.is_ok_and(|answer| answer.ok()),
            Err(_) => false,
        };
        if sent {
            // The buttons are gone.
            focus("lanes-said");
        } else if let Some(form) = form {
            let _ = form.submit();
        }
    });
}
