//! What someone looks for in the audit log, understood: people by id, address or name, days, an address. What is not
//! understood is said, and never taken for "any". Server side.

use serde_json::{Map, Value};
use sqlx::AnyPool;
use uuid::Uuid;

use super::{AuditAsked, PAGE, WORDS_MAX_CHARS};
use crate::{
    audit::log::Filter,
    auth::{event::Actor, users::store},
    base::{DAY_MS, email::Email, error::AppError, rfc3339::midnight, state::AppState},
    pages::admin::{phrase::Phrase, search::parse_ip},
    people::list::{Person, Place, Wanted, find::find},
    ui::turn,
};

/// What was asked for, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    pub filter: Filter,
    /// As a form shows it again.
    pub shown: AuditAsked,
    /// As links carry it: people by id.
    pub exact: AuditAsked,
    /// What was not understood, in sentences.
    pub problems: Vec<String>,
    /// People who may be meant, with the address that means them.
    pub several: Vec<Phrase>,
}

/// People who are offered where a name is not of one alone.
const SEVERAL_MAX: usize = 10;

/// Longest name or address that is looked at, in characters.
const PERSON_MAX_CHARS: usize = 320;

/// As far as it can be understood without the database: all but people.
pub fn read(asked: &AuditAsked) -> Resolved {
    let mut resolved = Resolved { shown: asked.clone(), exact: asked.clone(), ..Resolved::default() };
    resolved.take_event();
    resolved.take_days();
    resolved.take_ip();
    resolved.take_words();
    resolved
}

pub async fn resolve(state: &AppState, asked: &AuditAsked) -> Result<Resolved, AppError> {
    let mut resolved = read(asked);
    resolved.filter.subject = resolved.person(state, &asked.subject, |asked| &mut asked.subject).await?;
    resolved.filter.actor = match nobody(asked.actor.trim()) {
        Some(actor) => Some(actor.as_text().to_owned()),
        None => resolved.person(state, &asked.actor, |asked| &mut asked.actor).await?,
    };
    // Made by us; anything else is as if it were not there.
    if Uuid::parse_str(&asked.before).is_err() {
        resolved.exact.before.clear();
    }
    Ok(resolved)
}

/// The field of an actor or of a subject.
type PersonField = fn(&mut AuditAsked) -> &mut String;

impl Resolved {
    /// Whether it says what to look for, all of it.
    pub fn is_understood(&self) -> bool {
        self.problems.is_empty() && self.several.is_empty()
    }

    /// For the log: what was looked for, without anything that tells who someone is. Ids outlive an account; an address
    /// or a name may not.
    pub fn details(&self) -> Map<String, Value> {
        let AuditAsked { event, actor, subject, from, to, ip, q, .. } = &self.exact;
        let open = [("event", event), ("actor", actor), ("subject", subject), ("from", from), ("to", to)];
        let covered = [("ip", ip), ("words", q)];
        let open = open.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.as_str()));
        let covered = covered.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| (name, "given"));
        open.chain(covered).map(|(name, text)| (name.to_owned(), text.into())).collect()
    }

    fn problem(&mut self, words: impl Into<String>) {
        self.problems.push(words.into());
    }

    fn take_event(&mut self) {
        let name = self.exact.event.trim();
        self.filter.event = name.parse().ok();
        if !name.is_empty() && self.filter.event.is_none() {
            self.problem("There is no event of this type.");
        }
    }

    fn take_days(&mut self) {
        let (from, to) = (self.exact.from.trim().to_owned(), self.exact.to.trim().to_owned());
        for (text, shown) in [(&from, &mut self.shown.from), (&to, &mut self.shown.to)] {
            if !text.is_empty() && midnight(text).is_none() {
                // A field for days cannot show it.
                shown.clear();
                self.problems.push(format!("“{text}” isn't a date. Write it like 2026-11-21."));
            }
        }
        self.filter.from = midnight(&from);
        self.filter.until = midnight(&to).map(|ms| ms + DAY_MS);
        if let (Some(from), Some(until)) = (self.filter.from, self.filter.until)
            && from >= until
        {
            self.problem("The first date is after the last.");
        }
    }

    fn take_ip(&mut self) {
        match parse_ip(&self.exact.ip) {
            Ok(ip) => self.filter.ip = ip,
            Err(words) => self.problem(words),
        }
    }

    fn take_words(&mut self) {
        let text = self.exact.q.trim();
        if text.chars().count() > WORDS_MAX_CHARS {
            self.problem(format!("Shorten the text to look for to {WORDS_MAX_CHARS} characters."));
        } else if text.contains(char::is_control) {
            // No one types one, and PostgreSQL takes no zero byte.
            self.problem("The text to look for contains control characters. Type it instead of pasting it.");
        } else if !text.is_empty() {
            self.filter.words = Some(text.to_owned());
        }
    }

    /// Who is meant, as the log names them.
    async fn person(&mut self, state: &AppState, text: &str, field: PersonField) -> Result<Option<String>, AppError> {
        let (db, text) = (&state.db.pool, text.trim());
        if text.is_empty() {
            return Ok(None);
        }
        if let Ok(id) = Uuid::parse_str(text) {
            // Who was deleted is found by id still.
            let id = id.to_string();
            if let Some(user) = store::find_by_id(db, &id).await? {
                *field(&mut self.shown) = user.email;
            }
            return Ok(Some(id));
        }
        let mut found = match Email::parse(text) {
            // Exactly this one: another address may begin so.
            Ok(email) => people(db, text).await?.into_iter().filter(|person| person.email == email.as_str()).collect(),
            Err(_) if text.chars().count() > PERSON_MAX_CHARS => Vec::new(),
            Err(_) => people(db, text).await?,
        };
        if found.is_empty() {
            self.problem(format!("No user matches “{text}”. For a deleted account, enter its ID."));
        }
        if found.len() == 1 {
            let id = found.remove(0).id;
            field(&mut self.exact).clone_from(&id);
            return Ok(Some(id));
        }
        let exact = self.exact.clone();
        self.several.extend(found.into_iter().map(|Person { id, name, email, .. }| {
            let mut asked = exact.clone();
            *field(&mut asked) = id;
            Phrase::link(format!("{name}, {email}"), address(PAGE, &asked, &[]))
        }));
        Ok(None)
    }
}

/// Whose name or address has words that begin so.
async fn people(db: &AnyPool, words: &str) -> Result<Vec<Person>, sqlx::Error> {
    let wanted = Wanted { words: words.to_owned(), ..Wanted::default() };
    Ok(find(db, &wanted, &Place::First, SEVERAL_MAX).await?.people)
}

/// Who acts without being a user.
fn nobody(text: &str) -> Option<Actor> {
    match &*text.to_lowercase() {
        "cli" | "command line" | "the command line" => Some(Actor::CommandLine),
        "system" | "latchkey" => Some(Actor::System),
        "unknown" => Some(Actor::Unknown),
        _ => None,
    }
}

/// `path` with what is asked for in its query; `more` stands before it.
pub fn address(path: &str, asked: &AuditAsked, more: &[(&str, &str)]) -> String {
    let AuditAsked { event, actor, subject, from, to, ip, q, before } = asked;
    let fields: [(&str, &str); 8] = [
        ("event", event),
        ("actor", actor),
        ("subject", subject),
        ("from", from),
        ("to", to),
        ("ip", ip),
        ("q", q),
        ("before", before),
    ];
    turn::address(path, &[more, &fields].concat())
}
