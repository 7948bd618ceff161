//! The lines in which the lanes are told. Both sides.

/// As the page names them.
pub const NAMES: [&str; 3] = ["Session cookie", "Our JWT", "Plain JWT"];

/// The line of the end, and the one after it.
pub const END: usize = 1 + NAMES.len();

/// No more news will come.
pub fn is_over(told: &str) -> bool {
    told.ends_with("over")
}

/// What to show when the server refuses to tell more: the lanes as they were, which may be another way now.
pub fn without_news(told: &str) -> String {
    let lines = told.split('\n').skip(1).take(END).collect::<Vec<_>>().join("\n");
    format!("The server sends no more news. Reload this page.\n{lines}\nover")
}
