//! The code behind what the Lab shows, `/lab/code/{name}`: a closed list of source files of this very program, as they
//! were when it was compiled. Where in them a function stands is found by its name, so that no line number can grow old.
//! Server side.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
    ui::frame::{Link, Page},
};

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

struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$(File { path: $path, text: include_str!(concat!("../", $path)) }),+]
    };
}

static FILES: [File; 15] = files![
    "pages/admin/stories.rs",
    "auth/revocations/set.rs",
    "auth/sessions/terminate.rs",
    "web/session/find_user.rs",
    "web/token/bearer.rs",
    "auth/tokens/verify.rs",
    "web/cookies.rs",
    "web/origin.rs",
    "lab/attacks/forge.rs",
    "lab/lanes/run.rs",
    "tests/accounts.rs",
    "tests/jwt_attacks.rs",
    "tests/proof.rs",
    "tests/revocation.rs",
    "tests/routes.rs",
];

impl Cite {
    /// Where there is no such function, which a test forbids, it leads to the beginning of the file.
    pub fn link(&self) -> String {
        let line = self.lines().map_or(1, |(first, _)| first);
        format!("/lab/code/{}?function={}#L{line}", name_of(self.path), self.function)
    }

    /// First and last line of the function, from 1; `None` when the file or the function is not there.
    pub fn lines(&self) -> Option<(usize, usize)> {
        let file = FILES.iter().find(|file| file.path == self.path)?;
        lines_of(file.text, self.function)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    function: String,
}

pub fn code(page: &PageRequest) -> Result<Found, AppError> {
    let file = FILES.iter().find(|file| name_of(file.path) == page.id()).ok_or(AppError::NotFound)?;
    let path = format!("src/{}", file.path);
    let cited = lines_of(file.text, &page.asked::<Asked>().function);
    shows(move || view! { <CodePage path text=file.text cited /> })
}

/// `tokens-verify` for `auth/tokens/verify.rs`.
fn name_of(path: &str) -> String {
    path.trim_end_matches(".rs").replace('/', "-")
}

/// With the comments and attributes above it. rustfmt closes a function where the line of its name began.
fn lines_of(text: &str, function: &str) -> Option<(usize, usize)> {
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
        let (href, Cite { path, function }) = (cite.link(), *cite);
        view! { <li><Link href><code>{function}</code></Link> <span class="muted">" in src/" {path}</span></li> }
    });
    let links = links.collect_view();
    view! { <div><dt>{what}</dt><dd><ul class="plain">{links}</ul></dd></div> }
}
