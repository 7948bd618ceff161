//! The one way to a password that may be set. Server side.

use std::sync::Arc;

use super::{
    hash::Passwords,
    strength,
    strength::{About, Assessment, Known},
    typed::{NewPassword, Password},
};
use crate::base::{
    caller::Caller,
    error::{AppError, Invalid},
};

impl Passwords {
    /// A password to be set for `about`: long enough (ASVS 6.2.1), not too long, and not among what is guessed first
    /// (ASVS 6.2.4, 6.2.11). Any character will do, and nothing is trimmed or folded (ASVS 6.2.5, 6.2.8).
    ///
    /// # Errors
    /// [`AppError::Invalid`] with what to tell the person; [`AppError::Busy`] when too many wait already.
    pub async fn parse_new(&self, from: &Caller, text: String, about: &About<'_>) -> Result<NewPassword, AppError> {
        let password = self.of_right_length(text)?;
        let known = Known::about(about);
        // It takes up to some tens of milliseconds for texts made to that end: as dear as a hash, and admitted as one.
        let (password, assessment) = self
            .admitted(from, move |_, _| {
                let assessment = strength::assess(password.text(), &known);
                Ok((password, assessment))
            })
            .await?;
        match assessment.refused {
            Some(why) => Err(why.into()),
            None => Ok(NewPassword(password)),
        }
    }

    /// What [`Self::parse_new`] would say, and how strong the password is. One question at a time is looked into, a
    /// few may wait: whoever asks much takes one processor at most.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where there is none, [`AppError::Busy`] when others are asking.
    pub async fn assess(&self, text: String, about: &About<'_>) -> Result<Assessment, AppError> {
        let password = match self.of_right_length(text) {
            Ok(password) => password,
            Err(why @ (Invalid::PasswordTooShort(_) | Invalid::PasswordTooLong)) => {
                return Ok(Assessment::refused(why));
            }
            Err(why) => return Err(why.into()),
        };
        let known = Known::about(about);
        let questions = self.questions();
        let place = Arc::clone(&questions.places).try_acquire_owned().map_err(|_| AppError::Busy)?;
        let turn = Arc::clone(&questions.turn).acquire_owned().await.map_err(|_| AppError::Busy)?;
        let assessment = tokio::task::spawn_blocking(move || {
            // Held until the work is done, not only until the person has typed on.
            let _held = (place, turn);
            strength::assess(password.text(), &known)
        });
        Ok(assessment.await?)
    }

    fn of_right_length(&self, text: String) -> Result<Password, Invalid> {
        if text.is_empty() {
            return Err(Invalid::NewPasswordMissing);
        }
        let password = Password::parse_existing(text)?;
        let least = self.min_chars();
        if password.text().chars().count() < usize::from(least) {
            return Err(Invalid::PasswordTooShort(least));
        }
        Ok(password)
    }
}
