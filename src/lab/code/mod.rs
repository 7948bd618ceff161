//! The code behind what the Lab shows, `/lab/code/{name}`: a closed list of source files of this very program, as they
//! were when it was compiled.

#[cfg(feature = "ssr")]
pub mod files;
pub mod page;

/// A link to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    pub function: String,
    pub path: String,
    pub href: String,
    /// It is a test.
    pub is_test: bool,
}
