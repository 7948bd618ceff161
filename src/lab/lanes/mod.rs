//! Section 3 of the Lab: what revocation does. A session, a plain JWT and our JWT are asked again and again while the
//! session is ended.
//!
//! What the server tells of them is lines: what is said, then one line per lane (`seconds alive|seconds until now|words`),
//! then the end, then `live` or `over`.

pub mod island;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod probe;
#[cfg(feature = "ssr")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod stream;
#[cfg(feature = "ssr")]
pub mod told;

pub const PATH: &str = "/lab/lanes";

const LANES: usize = 3;

const END: usize = 1 + LANES;

/// No more news will come.
pub fn is_over(told: &str) -> bool {
    told.ends_with("over")
}

/// What to show when the server refuses to tell more: the lanes as they were, which may be another way now.
pub fn without_news(told: &str) -> String {
    let lines = told.split('\n').skip(1).take(END).collect::<Vec<_>>().join("\n");
    format!("The server sends no more news. Reload this page.\n{lines}\nover")
}
