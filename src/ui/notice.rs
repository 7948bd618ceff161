//! A message in a box. Both sides.

use leptos::prelude::*;

/// `kind`: info, success, warning or error. Its word stands there too, for colour alone tells no one enough; information
/// needs none.
///
/// Its children have a type, for it stands in islands: a view without one (`AnyView`) brings along code for every way of
/// rendering, and a few of them were an eighth of the browser package.
#[component]
pub fn Notice<C>(kind: &'static str, children: TypedChildren<C>) -> impl IntoView
where
    C: IntoView + 'static,
{
    let word = match kind {
        "error" => "Error",
        "warning" => "Important",
        "success" => "Success",
        _ => "",
    };
    view! {
        <div class=format!("notice {kind}")>
            {(!word.is_empty()).then(|| view! { <strong class="notice-word">{word}</strong> })}
            <div class="notice-words">{children.into_inner()()}</div>
        </div>
    }
}
