//! A message in a box. Both sides.

use leptos::prelude::*;

use crate::{
    base::error::AppError,
    web::page::{refused, typed},
};

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

/// What the act on the page before this one did. It has the focus, so it is read first.
#[component]
pub fn OutcomeNotice(#[prop(default = "success")] kind: &'static str, #[prop(into)] words: String) -> impl IntoView {
    view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind>{words}</Notice>
        </div>
    }
}

/// Where a page has links to files: one that asks for the password first can't go on by itself.
#[component]
pub fn DownloadAgain() -> impl IntoView {
    let was_asked = typed().get("confirmed") == "yes";
    was_asked.then(|| view! { <OutcomeNotice words="Password confirmed. Start the download again." /> })
}

/// Why a plain form was refused; a `Form` says it by itself.
#[component]
pub fn RefusedNotice(#[prop(default = refused())] error: Option<AppError>) -> impl IntoView {
    error.map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> })
}
