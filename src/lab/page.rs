//! `/lab`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    LabPage as Content, VisitInfo,
    actions::{BeginVisit, EndVisit},
};
use crate::{
    ui::{
        frame::{Page, with_content},
        notice::Notice,
        when::Ago,
    },
    web::page::refused,
};

/// Put into the context where there is a Lab.
#[derive(Clone, Copy)]
pub struct LabIsOpen;

#[component]
pub fn LabPage() -> impl IntoView {
    with_content(|Content { visit }| {
        view! {
            <Page title="The Lab" heading="Session or JWT? Try both.">
                {refused().map(|error| view! { <div role="alert"><Notice kind="error">{error.to_string()}</Notice></div> })}
                <Visit visit />
            </Page>
        }
    })
}

#[component]
fn Visit(visit: Option<VisitInfo>) -> impl IntoView {
    match visit {
        None => view! {
            <form method="post" action=BeginVisit::PATH>
                <button type="submit" class="button primary">"Start a demo session"</button>
            </form>
        }
        .into_any(),
        Some(visit) => view! {
            <p>"You are " {visit.name} " until " <Ago ms=visit.ends_at /> "."</p>
            <form method="post" action=EndVisit::PATH>
                <button type="submit" class="button">"End the visit"</button>
            </form>
        }
        .into_any(),
    }
}
