//! `If-Match` as RFC 9110 13.1.1 has it. Server side.

use axum::http::{HeaderMap, StatusCode, header};

use super::problem::Problem;

/// Which versions a change is meant for.
#[derive(Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever is there.
    Any,
    /// What stands between the quotes of each strong tag. A weak one never matches, so it is not kept.
    Tags(Vec<String>),
}

impl IfMatch {
    /// # Errors
    /// 428 without the header; 400 where it is neither `*` nor a list of tags.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let lines: Option<Vec<&str>> = headers
            .get_all(header::IF_MATCH)
            .into_iter()
            .map(|value| std::str::from_utf8(value.as_bytes()).ok())
            .collect();
        let malformed = || Problem::bad_request("If-Match must be * or a list of ETags, such as \"3\".");
        match &*lines.ok_or_else(malformed)? {
            [] => {
                let detail = "Send the version you last saw in If-Match, so no other change is lost.";
                Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "version_missing", detail))
            }
            [line] if line.trim() == "*" => Ok(Self::Any),
            // Several lines are one list (RFC 9110 5.3).
            lines => parse(&lines.join(",")).map(Self::Tags).ok_or_else(malformed),
        }
    }

    /// Whether the thing with this tag is meant.
    pub fn admits(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|meant| meant == tag),
        }
    }
}

/// The strong tags of a list. A comma may stand within the quotes, and a list may have empty places (RFC 9110 5.6.1).
fn parse(list: &str) -> Option<Vec<String>> {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | ',');
    let (mut tags, mut rest, mut count) = (Vec::new(), list.trim_start_matches(is_blank), 0);
    while !rest.is_empty() {
        let strong = rest.strip_prefix('"');
        let (tag, after) = strong.or_else(|| rest.strip_prefix("W/\""))?.split_once('"')?;
        if tag.contains(|c: char| c.is_ascii_control() || c == ' ') {
            return None;
        }
        if strong.is_some() {
            tags.push(tag.to_owned());
        }
        count += 1;
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches(is_blank);
    }
    (count > 0).then_some(tags)
}
