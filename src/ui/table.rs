//! A table whose rows become cards where there is no room for columns. Server side.
//!
//! The roles say again what the elements say: a phone shows rows as cards, and `display` takes the meaning away.

use leptos::prelude::*;

use super::draw::Content;

/// `columns`: what stands above each, in the order of the [`Cell`]s.
#[component]
pub fn Table(
    /// What the table lists, for who hears the page.
    label: &'static str,
    columns: &'static [&'static str],
    children: Content,
) -> impl IntoView {
    let heads = columns.iter().map(|column| view! { <th scope="col" role="columnheader">{*column}</th> });
    view! {
        <table class="cards" role="table" aria-label=label>
            <thead role="rowgroup"><tr role="row">{heads.collect_view()}</tr></thead>
            <tbody role="rowgroup">{children.drawn()}</tbody>
        </table>
    }
}

#[component]
pub fn Row(children: Content) -> impl IntoView {
    view! { <tr role="row">{children.drawn()}</tr> }
}

/// `label` stands before the content on a phone.
#[component]
pub fn Cell(label: &'static str, children: Content) -> impl IntoView {
    view! { <td role="cell" data-label=label>{children.drawn()}</td> }
}
