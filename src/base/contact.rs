//! Whom users ask for help. Both sides.

/// As people read it, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub words: String,
    pub href: String,
}
