//! The switch at the foot of every page: a plain form, which with JavaScript needs no button and loads nothing anew. Both
//! sides.

use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local, wasm_bindgen::JsCast};
use strum::VariantArray;
use web_sys::HtmlInputElement;

use super::{Appearance, MORE, Theme, actions::SetAppearance};
use crate::{ui::toast::toast, web::page::PAGE};

#[island]
pub fn AppearanceSwitch(
    now: Appearance,
    /// The address of the page.
    here: String,
) -> impl IntoView {
    view! {
        <form class="appearance" method="post" action=SetAppearance::PATH on:change=change>
            <input type="hidden" name=PAGE value=here />
            <fieldset>
                <legend>"Theme"</legend>
                {Theme::VARIANTS
                    .iter()
                    .map(|theme| view! {
                        <label>
                            <input type="radio" name="theme" value=theme.into_str() checked=*theme == now.theme />
                            <span>{theme.label()}</span>
                        </label>
                    })
                    .collect_view()}
            </fieldset>
            <label class="contrast">
                <input type="checkbox" name="contrast" value=MORE checked=now.more_contrast />
                <span>"High contrast"</span>
            </label>
            <button type="submit" class="button quiet without-script">"Apply"</button>
        </form>
    }
}

/// Shows it at once, and has the server remember it for the pages to come.
fn change(event: ev::Event) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
    let Some(root) = document().document_element() else { return };
    let (attribute, value) = match &*input.name() {
        "theme" => ("data-theme", input.value()),
        _ => ("data-contrast", if input.checked() { MORE.to_owned() } else { String::new() }),
    };
    let _ = root.set_attribute(attribute, &value);
    let of = |name: &str| root.get_attribute(name).unwrap_or_default();
    let body = format!("theme={}&contrast={}", of("data-theme"), of("data-contrast"));
    spawn_local(async move {
        let request = gloo_net::http::Request::post(SetAppearance::PATH)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let kept = match request {
            Ok(request) => request.send().await.is_ok_and(|response| response.ok()),
            Err(_) => false,
        };
        if !kept {
            toast("This page has changed, but we couldn't reach the server, so the next one may not.");
        }
    });
}
