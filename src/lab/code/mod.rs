//! The code behind what the Lab shows, `/lab/code/{name}`: a closed list of source files of this very program, as they
//! were when it was compiled.

#[cfg(feature = "ssr")]
pub mod files;

use leptos::prelude::*;

use crate::ui::frame::{Link, Page};

/// A function, and where its code is shown.
pub type CodeLink = (Cite, String);

/// A function of ours, named where it is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cite {
    /// Below `src/`.
    pub path: &'static str,
    pub function: &'static str,
}

/// Each: the file, the function.
macro_rules! cites {
    ($($path:literal $function:ident,)+) => {
        &[$(Cite { path: $path, function: stringify!($function) }),+]
    };
}
pub(crate) use cites;

#[component]
pub fn CodePage(path: String, text: &'static str, cited: Option<(usize, usize)>) -> impl IntoView {
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
pub fn Cited(links: Vec<CodeLink>) -> impl IntoView {
    let (tests, code) = links.into_iter().partition(|(cite, _)| cite.path.starts_with("tests/"));
    view! {
        <dl class="facts cited-code">
            <Row what="Code" links=code />
            <Row what="Test" links=tests />
        </dl>
    }
}

#[component]
fn Row(what: &'static str, links: Vec<CodeLink>) -> impl IntoView {
    let links = links.into_iter().map(|(Cite { path, function }, href)| {
        view! { <li><Link href><code>{function}</code></Link> <span class="muted">" in src/" {path}</span></li> }
    });
    let links = links.collect_view();
    view! { <div><dt>{what}</dt><dd><ul class="plain">{links}</ul></dd></div> }
}
