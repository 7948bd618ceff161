//! Pages that stand alone, with their style in themselves: they must work when nothing else does. Server side.

use super::csp;
use crate::base::contact::Contact;

/// The same words for colours and sizes as everywhere.
const STYLE: &str = concat!(include_str!("../../style/tokens.css"), include_str!("../../style/bare.css"));
const MARK: &str = include_str!("../../public/favicon.svg");

/// What such a page says. All of it is HTML: text from elsewhere is escaped by who writes it here.
pub struct BarePage<'a> {
    /// Of the tab; it is the heading, too.
    pub title: &'a str,
    /// Paragraphs and what else there is, in the order of reading.
    pub content: &'a str,
    /// Links: the one that helps most comes first.
    pub ways: &'a str,
    /// The only one that this page may run.
    pub script: Option<&'a str>,
    /// `light` or `dark`, where the person has chosen; otherwise what the system says.
    pub theme: &'a str,
}

/// Whom to ask, as HTML.
pub fn link_to(Contact { words, href }: &Contact) -> String {
    let (href, words) = (html_escape::encode_double_quoted_attribute(href), html_escape::encode_text(words));
    format!("<a href=\"{href}\">{words}</a>")
}

/// A paragraph where someone is named who can help.
pub fn offer_help(contact: Option<&Contact>) -> String {
    contact.map(|contact| format!("<p>Need help? Contact {}.</p>", link_to(contact))).unwrap_or_default()
}

impl BarePage<'_> {
    pub fn html(&self) -> String {
        let Self { title, content, ways, script, theme } = self;
        let script = script.map(|script| format!("<script>{script}</script>")).unwrap_or_default();
        format!(
            "<!DOCTYPE html><html lang=\"en\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><title>{title} · Latchkey</title><style>{STYLE}</style></head>\
             <body><main><p class=\"brand\"><span aria-hidden=\"true\">{MARK}</span>Latchkey</p><h1>{title}</h1>{content}\
             <nav aria-label=\"What now\">{ways}</nav></main>{script}</body></html>"
        )
    }

    /// The content security policy that fits: nothing but this style and this script, by their hashes.
    pub fn policy(&self) -> String {
        csp::of_bare_page(STYLE, self.script)
    }
}
