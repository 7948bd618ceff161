//! A numbered section of the Lab, and what stands in it without a visit. Both sides.

use leptos::prelude::*;

/// `id`: what addresses and other sections lead to.
#[component]
pub fn Section(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <section id=id class="lab-section" aria-labelledby=labelled_by tabindex="-1">
            <h2 id=heading>{title}</h2>
            {children()}
        </section>
    }
}

/// Leads to the one place where a visit begins.
#[component]
pub fn NeedsVisit(
    /// What one would see here: "your own figures".
    what: &'static str,
) -> impl IntoView {
    view! {
        <p class="empty">
            <a href="#visit">"Start a demo session"</a>
            " to see "
            {what}
            " here."
        </p>
    }
}

/// Around a table of figures, which a phone moves sideways within itself.
#[component]
pub fn Figures(
    /// What the table shows, for who hears the page.
    label: &'static str,
    children: Children,
) -> impl IntoView {
    view! { <div class="lab-scroll" tabindex="0" role="region" aria-label=label>{children()}</div> }
}
