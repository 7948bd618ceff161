//! What a browser gives to whatever runs in it: the page, its events, the time. Both sides; to be called in the browser
//! alone.
//!
//! Leptos has the same, and more with it: the package that every page loads does without.

use std::time::Duration;

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt, closure::Closure};
use web_sys::{Document, Event, Window};

pub fn window() -> Window {
    web_sys::window().expect_throw("a window")
}

pub fn document() -> Document {
    window().document().expect_throw("a document")
}

/// Has every event of this name that reaches the window heard, for as long as the page lives.
pub fn hear(name: &str, each: impl FnMut(Event) + 'static) {
    let each = Closure::<dyn FnMut(Event)>::new(each).into_js_value();
    let _ = window().add_event_listener_with_callback(name, each.unchecked_ref());
}

/// Something that is done later, unless it is taken back.
pub struct Timer(i32);

impl Timer {
    pub fn take_back(self) {
        window().clear_timeout_with_handle(self.0);
    }
}

pub fn after(pause: Duration, act: impl FnOnce() + 'static) -> Timer {
    let act: Function = Closure::once_into_js(act).unchecked_into();
    Timer(window().set_timeout_with_callback_and_timeout_and_arguments_0(&act, in_ms(pause)).unwrap_or_default())
}

/// For as long as the page lives.
pub fn every(pause: Duration, act: impl FnMut() + 'static) {
    let act = Closure::<dyn FnMut()>::new(act).into_js_value();
    let _ = window().set_interval_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), in_ms(pause));
}

/// What a text in JSON says; `undefined` where it is none.
pub fn from_json(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap_or_default()
}

/// A member of what was in JSON; `undefined` where it is not there.
pub fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

fn in_ms(pause: Duration) -> i32 {
    i32::try_from(pause.as_millis()).unwrap_or(i32::MAX)
}
