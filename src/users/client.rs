//! Asks the server how strong a password is while it is typed: not before a pause, and never twice at a time. Both
//! sides; runs in the browser.

use std::time::Duration;

use futures::future::{AbortHandle, abortable};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{Assessment, PASSWORD_MAX_CHARS, actions::password_strength};
use crate::{error::Invalid, ui::input_value};

/// Who pauses for so long wants to know; who types on does not.
const PAUSE: Duration = Duration::from_millis(400);

/// The question about one password field. Copy it around.
#[derive(Clone, Copy)]
pub struct Question {
    /// The last answer; `None` while there is none, and when it could not be had.
    pub answer: RwSignal<Option<Assessment>>,
    min_chars: u8,
    /// Whose password it is, on a page that does not ask for it.
    about: StoredValue<(String, String)>,
    pause: StoredValue<Option<TimeoutHandle>>,
    asked: StoredValue<Option<AbortHandle>>,
}

impl Question {
    pub fn new(min_chars: u8, email: String, person: String) -> Self {
        Self {
            answer: RwSignal::new(None),
            min_chars,
            about: StoredValue::new((email, person)),
            pause: StoredValue::new(None),
            asked: StoredValue::new(None),
        }
    }

    /// The field holds this text now.
    pub fn typed(self, text: String) {
        self.take_back();
        if text.is_empty() {
            self.answer.set(None);
        } else if let Ok(pause) = set_timeout_with_handle(move || self.ask(text), PAUSE) {
            self.pause.set_value(Some(pause));
        }
    }

    /// Forgets the answer, and the question that is under way.
    pub fn forget(self) {
        self.take_back();
        self.answer.set(None);
    }

    fn take_back(self) {
        if let Some(pause) = self.pause.try_update_value(Option::take).flatten() {
            pause.clear();
        }
        // Dropped, the request is cancelled.
        if let Some(asked) = self.asked.try_update_value(Option::take).flatten() {
            asked.abort();
        }
    }

    fn ask(self, text: String) {
        if let Some(why) = wrong_length(&text, self.min_chars) {
            let _ = self.answer.try_set(Some(Assessment::refused(why)));
            return;
        }
        let (email, person) = self.about.try_get_value().unwrap_or_default();
        let email = input_value("email").or(Some(email));
        let name = input_value("name").or(Some(person));
        let (answer, handle) = abortable(password_strength(text, email, name));
        let _ = self.asked.try_set_value(Some(handle));
        spawn_local(async move {
            if let Ok(answer) = answer.await {
                // Whatever went wrong, it is no reason to disturb somebody who is choosing a password.
                let _ = self.answer.try_set(answer.ok());
            }
        });
    }
}

/// What the browser knows by itself.
fn wrong_length(text: &str, min_chars: u8) -> Option<Invalid> {
    match text.chars().count() {
        few if few < usize::from(min_chars) => Some(Invalid::PasswordTooShort(min_chars)),
        many if many > PASSWORD_MAX_CHARS => Some(Invalid::PasswordTooLong),
        _ => None,
    }
}
