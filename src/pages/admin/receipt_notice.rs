//! What the act on the page before this one did, and the way to undo it. Server side.

use leptos::prelude::*;

use super::Act;
use crate::{
    ui::{frame::Link, notice::Notice},
    web::page::typed,
};

#[component]
pub fn ReceiptNotice(
    /// Whose page it stands on; nothing is undone elsewhere.
    #[prop(optional, into)]
    user_id: String,
) -> impl IntoView {
    let typed = typed();
    let words = typed.get("receipt");
    let kind = match &*typed.get("kind") {
        "warning" => "warning",
        "info" => "info",
        _ => "success",
    };
    let undo = typed.get("undo").parse().ok().filter(|_| !user_id.is_empty());
    let undo = undo.map(|act: Act| format!("{}?undo={}", act.page(&user_id), typed.get("event")));
    (!words.is_empty()).then(|| {
        view! {
            <div id="receipt" tabindex="-1" role="status" autofocus>
                <Notice kind>
                    <p>{words}</p>
                    {undo.map(|href| view! { <p><Link href>"Undo"</Link></p> })}
                </Notice>
            </div>
        }
    })
}
