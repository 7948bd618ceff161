//! The code behind what the Lab shows, `/lab/code/{name}`: the source files that it cites, as they were when this very
//! program was compiled. Where in them a function stands is found by its name, so that no line number can grow old.
//! Server side.

use leptos::prelude::*;

use crate::ui::frame::{Link, Page};

/// A function of ours, named where it is spoken of.
#[derive(Clone, Copy)]
pub struct Cite {
    /// Below `src/`.
    pub path: &'static str,
    pub function: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// Each: the file, the function.
macro_rules! cites {
    ($($path:literal $function:ident,)+) => {
        &[$(Cite {
            path: $path,
            function: stringify!($function),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $path)),
        }),+]
    };
}
pub(crate) use cites;

impl Cite {
    /// Where there is no such function, which a test forbids, it leads to the beginning of the file.
    pub fn link(&self) -> String {
        let line = self.lines().map_or(1, |(first, _)| first);
        format!("/lab/code/{}?function={}#L{line}", self.page(), self.function)
    }

    pub fn lines(&self) -> Option<(usize, usize)> {
        lines_of(self.text, self.function)
    }

    /// `auth-tokens-verify` for `auth/tokens/verify.rs`.
    pub fn page(&self) -> String {
        self.path.trim_end_matches(".rs").replace('/', "-")
    }
}

/// First and last line of a function, from 1, with the comments and attributes above it. rustfmt closes a function where
/// the line of its name began.
pub fn lines_of(text: &str, function: &str) -> Option<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let heads = [format!("fn {function}("), format!("fn {function}<")];
    let head = lines.iter().position(|line| heads.iter().any(|head| line.contains(head)))?;
    let indent = lines[head].len() - lines[head].trim_start().len();
    let last = lines[head..].iter().position(|line| *line == format!("{}}}", " ".repeat(indent)))?;
    let is_about_the_next = |line: &&&str| ["///", "#["].iter().any(|start| line.trim_start().starts_with(start));
    let above = lines[..head].iter().rev().take_while(is_about_the_next).count();
    Some((head - above + 1, head + last + 1))
}

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
pub fn Cited(cites: &'static [Cite]) -> impl IntoView {
    let (tests, code) = cites.iter().partition(|cite| cite.path.starts_with("tests/"));
    view! {
        <dl class="facts cited-code">
            <Row what="Code" cites=code />
            <Row what="Test" cites=tests />
        </dl>
    }
}

#[component]
fn Row(what: &'static str, cites: Vec<&'static Cite>) -> impl IntoView {
    let links = cites.into_iter().map(|cite| {
        let (href, Cite { path, function, .. }) = (cite.link(), *cite);
        view! { <li><Link href><code>{function}</code></Link> <span class="muted">" in src/" {path}</span></li> }
    });
    let links = links.collect_view();
    view! { <div><dt>{what}</dt><dd><ul class="plain">{links}</ul></dd></div> }
}
