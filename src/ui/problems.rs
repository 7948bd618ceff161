//! What is wrong with a form, in a box above it: counted, each with a link to its field, which works without scripts, too.
//! Server side.

use leptos::prelude::*;

use super::notice::Notice;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtInput {
    /// The id of its input.
    pub id: String,
    pub words: String,
}

/// `fields`: those that stand on the page, in its order. What is wrong with no field is in `words` alone.
#[component]
pub fn Problems(#[prop(into)] words: String, fields: Vec<AtInput>) -> impl IntoView {
    let links = fields.into_iter().map(|AtInput { id, words }| {
        view! { <li><a href=format!("#{id}")>{words}</a></li> }
    });
    let links: Vec<_> = links.collect();
    view! {
        <Notice kind="error">
            <p>{words}</p>
            {(!links.is_empty()).then(|| view! { <ul>{links}</ul> })}
        </Notice>
    }
}
