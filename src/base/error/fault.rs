//! What the server stands on has said, behind an error. Both sides: a browser never has one.

use std::{fmt::Display, sync::Arc};

/// For the log and the command line, whose operator may know. It's never sent, and errors that differ in it alone are the
/// same.
#[derive(Clone, Debug, Default)]
pub struct Fault(Option<Arc<str>>);

impl Fault {
    pub fn of(fault: impl Display) -> Self {
        Self(Some(fault.to_string().into()))
    }

    pub fn words(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl PartialEq for Fault {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Fault {}
