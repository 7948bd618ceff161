//! Who does something, why, and from where: the same for what is ended, revoked or rotated. Server side.

use super::{
    event::{Actor, Event, Kind},
    revocations::EndReason,
};
use crate::base::caller::Caller;

#[derive(Clone, Debug)]
pub struct Cause {
    pub actor: Actor,
    pub reason: EndReason,
    /// The actor's own words, for the audit log.
    pub words: String,
    pub caller: Caller,
}

impl Cause {
    pub fn by_user(id: &str, reason: EndReason, caller: Caller) -> Self {
        Self { actor: Actor::User(id.to_owned()), reason, words: String::new(), caller }
    }

    pub fn by_system(reason: EndReason) -> Self {
        Self { actor: Actor::System, reason, words: String::new(), caller: Caller::default() }
    }

    /// What is written down of it.
    pub fn event(&self, kind: Kind, subject: &str) -> Event {
        let event = Event::new(kind, self.actor.clone(), subject).from_caller(&self.caller);
        Event { reason: self.words.clone(), ..event }
    }
}
