//! What the sections of the Lab are made of. Both sides.

use leptos::prelude::*;

/// Id, title, what one finds there.
const SECTIONS: [(&str, &str, &str); 5] = [
    ("travel", "1. What's in the cookies", "Both cookies decoded, and how they grow"),
    ("cost", "2. What a request costs here", "Five ways to recognise a caller, measured"),
    ("revocation", "3. What revocation does", "Three credentials, one logout, in real time"),
    ("attacks", "4. What can go wrong", "Nine attacks, and what stops each"),
    ("choose", "5. Which should you use?", "The comparison, with your own figures"),
];

/// The title of a section, without its number.
pub fn title_of(id: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|section| section.0 == id).map(|(_, title, _)| &title[3..])
}

/// A section that folds. `open`: something in it has to be seen at once.
#[component]
pub fn Section(id: &'static str, #[prop(optional)] open: bool, children: Children) -> impl IntoView {
    let (_, title, what) = SECTIONS.into_iter().find(|section| section.0 == id).unwrap_or((id, id, id));
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <section class="lab-section" aria-labelledby=labelled_by>
            <details class="lab-fold" open=open>
                <summary>
                    <h2 id=heading>{title}</h2>
                    <span class="muted">{what}</span>
                </summary>
                // The address stands within: browsers unfold what lies around the place that an address leads to.
                <div id=id class="lab-body" tabindex="-1">
                    {children()}
                </div>
            </details>
        </section>
    }
}

/// Leads to the one place where a visit begins. `what`: what one would see here, as "your own figures".
#[component]
pub fn NeedsVisit(what: &'static str) -> impl IntoView {
    view! {
        <p class="empty">
            <a href="#visit">"Start a demo session"</a>
            " to see "
            {what}
            " here."
        </p>
    }
}

/// A table of figures, which a phone moves sideways within itself. The first cell of a row names it; `label` is for who
/// hears the page.
#[component]
pub fn Figures(
    id: &'static str,
    label: &'static str,
    caption: &'static str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
) -> impl IntoView {
    let head = head.into_iter().map(|name| view! { <th scope="col">{name}</th> });
    let rows = rows.into_iter().map(|row| {
        let cells = row.into_iter().enumerate().map(|(at, text)| match at {
            0 => view! { <th scope="row">{text}</th> }.into_any(),
            _ => view! { <td>{text}</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="lab-scroll" tabindex="0" role="region" aria-label=label>
            <table class="lab-figures" id=id>
                <caption>{caption}</caption>
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
