//! The files that may be shown, and where in them a function stands: found by its name, so that no line number can
//! grow old. Server side; none of it is in the browser package.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Citation, page::CodePage};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
};

/// A file below `src/`.
struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$(File { path: $path, text: include_str!(concat!("../../", $path)) }),+]
    };
}

static FILES: [File; 15] = files![
    "pages/admin/change_role.rs",
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

/// A function of ours, named where it is spoken of.
#[derive(Clone, Copy, Debug)]
pub struct Cite {
    /// Below `src/`.
    pub path: &'static str,
    pub function: &'static str,
}

pub const fn cite(path: &'static str, function: &'static str) -> Cite {
    Cite { path, function }
}

impl Cite {
    /// The link to it. Where there is no such function, which a test forbids, it leads to the beginning of the file.
    pub fn link(&self) -> Citation {
        let Self { path, function } = *self;
        let line = self.lines().map_or(1, |(first, _)| first);
        Citation {
            function: function.to_owned(),
            path: format!("src/{path}"),
            href: format!("/lab/code/{}?function={function}#L{line}", name_of(path)),
            is_test: path.starts_with("tests/"),
        }
    }

    /// First and last line of the function, from 1; `None` when the file or the function is not there.
    pub fn lines(&self) -> Option<(usize, usize)> {
        let file = FILES.iter().find(|file| file.path == self.path)?;
        lines_of(file.text, self.function)
    }
}

/// What the address of a file says beside its name.
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
    let end = format!("{}}}", " ".repeat(indent(lines[head])));
    let last = lines[head..].iter().position(|line| *line == end)?;
    let above = lines[..head].iter().rev().take_while(|line| is_about_the_next(line)).count();
    Some((head - above + 1, head + last + 1))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_about_the_next(line: &str) -> bool {
    line.trim_start().starts_with("///") || line.trim_start().starts_with("#[")
}
