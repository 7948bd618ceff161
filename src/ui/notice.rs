//! A message in a box. Both sides.

use leptos::prelude::*;

/// `kind`: info, success, warning or error. The word stands there too: colour alone tells nobody enough.
///
/// Its children have a type, for it stands in islands: a view without one (`AnyView`) brings along code for every way of
/// rendering, and a few of them were an eighth of the browser package.
#[component]
pub fn Notice<C>(kind: &'static str, children: TypedChildren<C>) -> impl IntoView
where
    C: IntoView + 'static,
{
    let word = match kind {
        "error" => "Problem",
        "warning" => "Please note",
        "success" => "Done",
        _ => "Information",
    };
    view! {
        <div class=format!("notice {kind}")>
            <strong class="notice-word">{word}</strong>
            <div class="notice-words">{children.into_inner()()}</div>
        </div>
    }
}
