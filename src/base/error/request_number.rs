//! The number of a request. Both sides.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a request, as sixteen hexadecimal digits everywhere: log, header, page, JSON.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RequestNumber(pub u64);

impl RequestNumber {
    /// Without `fmt`: each line of the log has it.
    pub fn text(self) -> String {
        let mut text = String::with_capacity(16);
        text.extend((0..16).rev().filter_map(|at| char::from_digit((self.0 >> (4 * at)) as u32 & 0xf, 16)));
        text
    }
}

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<RequestNumber> for String {
    fn from(number: RequestNumber) -> Self {
        number.text()
    }
}

impl TryFrom<String> for RequestNumber {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}
