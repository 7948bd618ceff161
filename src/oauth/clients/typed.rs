//! An application as it was typed, and what is wrong with it. Server side; no I/O.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Client, ClientKind, parse_address, parse_backchannel, parse_id_token_alg};
use crate::{
    base::{
        error::{AppError, Field, Invalid, Unfit},
        text::{is_control, is_visible, shows},
    },
    oauth::scope::Scopes,
};

const NAME_CHARS_MAX: usize = 60;
const REDIRECTS_MAX: usize = 10;

/// What was typed, as the forms name it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub kind: String,
    pub redirects: String,
    pub logouts: String,
    pub backchannel: String,
    pub scopes: String,
    pub id_token_alg: String,
}

impl Typed {
    /// The application that is stored, still without an owner; or all that is wrong with it.
    pub fn parse(&self) -> Result<Client, AppError> {
        let mut wrong = Vec::new();
        let kind: ClientKind = self.kind.parse().map_err(|_| AppError::BadRequest)?;
        let name = right(parse_name(&self.name), &mut wrong);
        let redirects = parse_addresses(&self.redirects, kind, Field::Redirects, &mut wrong);
        let logouts = parse_addresses(&self.logouts, kind, Field::Logouts, &mut wrong);
        let backchannel_logout_uri = right(parse_backchannel(&self.backchannel, kind), &mut wrong);
        let id_token_alg = right(parse_id_token_alg(&self.id_token_alg, kind), &mut wrong);
        if kind.logs_users_in() && self.redirects.trim().is_empty() {
            wrong.push(Invalid::RedirectsMissing);
        }
        let scopes = Scopes::parse(&self.scopes).and_then(|scopes| match scopes.of_user() {
            Some(scope) if !kind.logs_users_in() => Err(Invalid::unfit(Field::Scopes, scope, Unfit::OfService)),
            // Every login would be refused.
            None if kind.logs_users_in() && scopes.is_empty() => Err(Invalid::ScopesMissing),
            _ => Ok(scopes),
        });
        let scopes = right(scopes, &mut wrong);
        if !wrong.is_empty() {
            return Err(AppError::Invalid(wrong));
        }
        Ok(Client {
            id: Uuid::now_v7().to_string(),
            name: name.to_owned(),
            kind,
            redirects,
            logouts,
            backchannel_logout_uri,
            scopes,
            id_token_alg,
            ..Client::default()
        })
    }
}

/// What is right, or nothing, and what is wrong is kept: all of it is said at once.
fn right<T: Default>(parsed: Result<T, Invalid>, wrong: &mut Vec<Invalid>) -> T {
    parsed.unwrap_or_else(|invalid| {
        wrong.push(invalid);
        T::default()
    })
}

/// Addresses, one a line. Wrong at `field` is each one where no one may be sent, or that there are too many.
pub fn parse_addresses(text: &str, kind: ClientKind, field: Field, wrong: &mut Vec<Invalid>) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > REDIRECTS_MAX {
        wrong.push(Invalid::TooManyAddresses(field));
        return Vec::new();
    }
    lines.into_iter().map(|line| right(parse_address(line, kind, field), wrong)).collect()
}

/// As users see it.
pub fn parse_name(text: &str) -> Result<&str, Invalid> {
    match text.trim() {
        name if !name.chars().any(is_visible) => Err(Invalid::AppNameMissing),
        name if name.chars().count() > NAME_CHARS_MAX => Err(Invalid::AppNameTooLong),
        name if name.chars().any(is_control) => Err(Invalid::NameControl),
        name if shows(name, "latchkey") => Err(Invalid::AppNameOurs),
        name => Ok(name),
    }
}
