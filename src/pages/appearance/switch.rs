//! The switch at the foot of every page: a plain form, which with JavaScript needs no button and loads nothing anew:
//! `live` sees to that. Server side.

use leptos::{prelude::*, server_fn::ServerFn};
use strum::VariantArray;

use super::{Appearance, MORE, Theme, actions::SetAppearance};
use crate::web::page::{PAGE, here};

#[component]
pub fn AppearanceSwitch(now: Appearance) -> impl IntoView {
    view! {
        <form class="appearance" method="post" action=SetAppearance::PATH>
            // Of this browser, whoever is logged in.
            <input type="hidden" name=PAGE value=here() />
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
