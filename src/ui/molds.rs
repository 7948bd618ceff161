//! What `live` says in a box on any page: the boxes, without their words. Rendered by the server.

use leptos::prelude::*;

use super::{
    notice::Notice,
    problems::{AtInput, Problems},
};

/// Once in every page.
#[expect(clippy::unused_unit, reason = "the words of a notice come later")]
#[component]
pub fn Molds() -> impl IntoView {
    let field = AtInput { id: String::new(), words: String::new() };
    view! {
        <template id="mold-notice"><Notice kind="info">{()}</Notice></template>
        <template id="mold-problems"><Problems words="" fields=vec![field] /></template>
    }
}
