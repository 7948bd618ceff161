//! What a program sends, as a query or a form. Server side; no I/O.

use std::collections::BTreeMap;

/// Parameters, each there once at most (RFC 6749 3.1).
#[derive(Clone, Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// `None` where one comes twice.
    pub fn parse(encoded: &[u8]) -> Option<Self> {
        let mut params = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            let is_new = params.insert(name.into_owned(), value.into_owned()).is_none();
            if !is_new {
                return None;
            }
        }
        Some(Self(params))
    }

    /// Empty where it is not there: both mean the same (RFC 6749 3.1).
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}
