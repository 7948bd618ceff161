//! The files that may be shown, and where in them a function stands: found by its name, so that no line number can
//! grow old. Server side; none of it is in the browser package.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Cite, CodeLink, CodePage};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
};

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

impl Cite {
    /// Where there is no such function, which a test forbids, it leads to the beginning of the file.
    pub fn link(&self) -> CodeLink {
        let Self { path, function } = *self;
        let line = self.lines().map_or(1, |(first, _)| first);
        (*self, format!("/lab/code/{}?function={function}#L{line}", name_of(path)))
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
