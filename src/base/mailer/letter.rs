//! A letter, and how it looks: text for every reader, HTML for the others. Server side.
//!
//! No pictures, nothing that is fetched: opening the mail tells no one.

use html_escape::{encode_double_quoted_attribute as attribute, encode_text};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    pub subject: &'static str,
    /// Who is greeted. Empty where the address is not confirmed: a "name" would be a stranger's words to a stranger.
    pub name: String,
    pub paragraphs: Vec<String>,
    /// What happened, from where, when.
    pub facts: Vec<(&'static str, String)>,
    /// What to press; the first stands out.
    pub links: Vec<Button>,
    /// How long the link works, and what to do when one did not ask for it.
    pub hints: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub words: &'static str,
    pub url: String,
}

impl Letter {
    /// The first address in it, which development logs show.
    pub fn link(&self) -> Option<&str> {
        self.links.first().map(|button| &*button.url)
    }

    /// `issuer`: who sends it. `to`: whom it goes to.
    pub fn text(&self, issuer: &str, to: &str) -> String {
        let facts: Vec<String> = self.facts.iter().map(|(name, value)| format!("  {name}: {value}")).collect();
        let links = self.links.iter().map(|button| format!("{}:\n{}", button.words, button.url));
        let blocks = [self.greeting()]
            .into_iter()
            .chain(self.paragraphs.iter().cloned())
            .chain([facts.join("\n")])
            .chain(links)
            .chain(self.hints.iter().cloned())
            .chain([format!("--\n{}", footer(issuer, to))]);
        let kept: Vec<String> = blocks.filter(|block| !block.is_empty()).collect();
        format!("{}\n", kept.join("\n\n"))
    }

    /// As [`Self::text`]. Everything that comes from outside is escaped here, whatever it is.
    pub fn html(&self, issuer: &str, to: &str) -> String {
        let subject = encode_text(self.subject);
        let paragraph = |text: &str| format!("<p style=\"margin:0 0 16px\">{}</p>\n", encode_text(text));
        let paragraphs: String = [self.greeting()]
            .iter()
            .chain(&self.paragraphs)
            .filter(|text| !text.is_empty())
            .map(|t| paragraph(t))
            .collect();
        let links: String = self.links.iter().enumerate().map(|(place, button)| button.html(place == 0)).collect();
        let hints: String = self.hints.iter().map(|text| small(&encode_text(text))).collect();
        let (facts, footer) = (self.facts_html(), small(&encode_text(&footer(issuer, to))));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
             <title>{subject}</title>\n<style>{DARK}</style>\n</head>\n\
             <body class=\"ground\" style=\"margin:0;padding:24px 12px;background:#f4f7f5;color:#13211c;{FONT}\">\n\
             <div class=\"card\" style=\"max-width:560px;margin:0 auto;padding:28px 28px 12px;background:#fff;\
             border:1px solid #d6dfda;border-radius:14px\">\n\
             <p class=\"key\" style=\"margin:0 0 20px;font-weight:700;color:#14594a\">Latchkey</p>\n\
             <h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">{subject}</h1>\n\
             {paragraphs}{facts}{links}{hints}</div>\n\
             <div style=\"max-width:560px;margin:16px auto 0;padding:0 28px\">\n{footer}</div>\n</body>\n</html>\n"
        )
    }

    fn greeting(&self) -> String {
        if self.name.is_empty() { "Hi,".to_owned() } else { format!("Hi {},", self.name) }
    }

    fn facts_html(&self) -> String {
        if self.facts.is_empty() {
            return String::new();
        }
        let rows: String = self
            .facts
            .iter()
            .map(|(name, value)| {
                format!(
                    "<tr><th class=\"soft\" scope=\"row\" style=\"padding:4px 16px 4px 0;text-align:left;\
                     vertical-align:top;font-weight:400;color:#4d5e56\">{}</th>\
                     <td style=\"padding:4px 0;vertical-align:top\">{}</td></tr>\n",
                    encode_text(name),
                    encode_text(value),
                )
            })
            .collect();
        format!("<table style=\"margin:0 0 20px;border-collapse:collapse;font-size:16px\">\n{rows}</table>\n")
    }
}

impl Button {
    fn html(&self, stands_out: bool) -> String {
        let (words, url, shown) = (encode_text(self.words), attribute(&self.url), encode_text(&self.url));
        if !stands_out {
            return format!(
                "<p style=\"margin:0 0 16px\"><a class=\"key\" href=\"{url}\" style=\"color:#14594a\">{words}</a></p>\n"
            );
        }
        format!(
            "<p style=\"margin:24px 0 16px\"><a class=\"button\" href=\"{url}\" style=\"display:inline-block;\
             padding:12px 20px;border-radius:8px;background:#14594a;color:#fff;font-weight:600;\
             text-decoration:none\">{words}</a></p>\n\
             <p class=\"soft\" style=\"margin:0 0 20px;font-size:14px;color:#4d5e56\">Or copy this link: \
             <span style=\"word-break:break-all\">{shown}</span></p>\n"
        )
    }
}

fn small(escaped: &str) -> String {
    format!("<p class=\"soft\" style=\"margin:0 0 16px;font-size:14px;color:#4d5e56\">{escaped}</p>\n")
}

fn footer(issuer: &str, to: &str) -> String {
    format!("Sent by Latchkey at {issuer} to {to}. Please don't reply: this inbox isn't monitored.")
}

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;font-size:16px;\
                    line-height:1.5";

/// Colours as on the pages. Readers that know no dark mode keep the light ones, and those that turn colours by
/// themselves are asked not to.
const DARK: &str = ":root{color-scheme:light dark}@media (prefers-color-scheme:dark){\
                    .ground{background:#0e1412!important;color:#e5ede9!important}\
                    .card{background:#161e1b!important;border-color:#2a3732!important}\
                    .soft{color:#a3b4ac!important}.key{color:#7fd1ba!important}\
                    .button{background:#7fd1ba!important;color:#05231b!important}}";
