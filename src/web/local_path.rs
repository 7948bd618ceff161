//! A path of this site, parsed from what came from outside. Server side.

use url::Url;

/// Where to go after a login. Never another site, however it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// The path if it is one of ours, else the dashboard: a bad `next` is no reason to fail a login.
    pub fn parse_or_dashboard(text: Option<&str>) -> Self {
        text.and_then(Self::parse).unwrap_or_else(|| Self("/dashboard".into()))
    }

    /// `None` for what is no path of ours.
    ///
    /// The URL standard drops tabs and line ends and reads `\` as `/`, so what a browser would make of the text is
    /// asked of the same parser, with a base that no one else has.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.starts_with('/') && !text.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace());
        let base = Url::parse("http://latchkey.invalid").ok()?;
        let url = base.join(text).ok().filter(|url| plain && url.origin() == base.origin())?;
        // `/..//evil` is a path here, but `//evil` once it stands alone.
        let path = &url[url::Position::BeforePath..];
        let page = !["//", "/api/", "/actions/"].iter().any(|start| path.starts_with(start));
        page.then(|| Self(path.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of `page` that leads to `next` afterwards.
pub fn leading_to(page: &str, next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{page}?next={next}")
}
