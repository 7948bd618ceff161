//! `/lab/code/{name}`. Both sides.

use leptos::prelude::*;

use super::Citation;
use crate::ui::frame::{Link, Page};

#[component]
pub fn CodePage(
    /// Below the repository's root.
    path: String,
    text: &'static str,
    /// First and last line of the function that the link was about, from 1.
    cited: Option<(usize, usize)>,
) -> impl IntoView {
    let (first, last) = cited.unwrap_or_default();
    let lines = text.lines().zip(1..).map(|(text, number)| {
        let class = if (first..=last).contains(&number) { "line cited" } else { "line" };
        view! { <span class=class id=format!("L{number}")>{text}</span> }
    });
    let lines = lines.collect_view();
    view! {
        <Page title="Source code" heading=path.clone()>
            <p>"This server was compiled from this code. " <Link href="/lab">"Back to the Lab"</Link></p>
            <pre class="source" tabindex="0" role="region" aria-label=path><code>{lines}</code></pre>
        </Page>
    }
}

/// The code and the tests that a part of the Lab speaks of.
#[component]
pub fn Cited(links: Vec<Citation>) -> impl IntoView {
    let (tests, code): (Vec<Citation>, Vec<Citation>) = links.into_iter().partition(|link| link.is_test);
    view! {
        <dl class="facts cited-code">
            <Row what="Code" links=code />
            <Row what="Test" links=tests />
        </dl>
    }
}

#[component]
fn Row(what: &'static str, links: Vec<Citation>) -> impl IntoView {
    let links = links.into_iter().map(|Citation { function, path, href, .. }| {
        view! { <li><Link href><code>{function}</code></Link> <span class="muted">" in " {path}</span></li> }
    });
    let links = links.collect_view();
    view! { <div><dt>{what}</dt><dd><ul class="plain">{links}</ul></dd></div> }
}
