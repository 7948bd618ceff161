//! How a command reaches an installation that is there already, and who is meant in it. Server side.

use super::{Common, Failed, who::Who};
use crate::{
    auth::{
        instances::Confirmation,
        revocations::set::Revocations,
        sessions::terminate::Terminator,
        users::{store, store::User},
    },
    base::{config::Config, db::again, error::AppError, metrics::Metrics, state::AppState},
    pages::admin::{by::By, outcome::Outcome},
    people::receipt::confirmed_words,
    serve,
};

/// Works on the database of an installation, and closes it whatever came of it. Nothing is created: with a wrong folder the
/// answer must be "no database", not "no such user".
pub async fn on_database<T>(
    config: &Config,
    work: impl AsyncFnOnce(&AppState) -> Result<T, Failed>,
) -> Result<T, Failed> {
    let state = serve::connect(config.clone(), false).await?;
    let done = work(&state).await;
    state.db.close().await;
    done
}

impl Common {
    pub async fn on_database<T>(&self, work: impl AsyncFnOnce(&AppState) -> Result<T, Failed>) -> Result<T, Failed> {
        on_database(&self.config, work).await
    }

    /// Does to a user what the pages of administration do.
    pub async fn act_on(
        &self,
        who: &Who,
        reason: &str,
        act: impl AsyncFn(&Terminator, &By, &User) -> Result<Outcome, AppError>,
    ) -> Result<(User, Outcome), Failed> {
        let by = By::command_line(reason)?;
        self.on_database(async |state| {
            let user = find_user(state, who).await?;
            let terminator = terminator(state).await?;
            let outcome = again(|| act(&terminator, &by, &user)).await?;
            Ok((user, outcome))
        })
        .await
    }
}

pub async fn find_user(state: &AppState, who: &Who) -> Result<User, Failed> {
    let db = &state.db.pool;
    let found = match who {
        Who::Id(id) => store::find_by_id(db, &id.to_string()).await?,
        Who::Email(email) => store::find_by_email(db, email).await?,
    };
    Ok(found.ok_or_else(|| format!("there is no user {who}; find users with `latchkey users list --search WORDS`"))?)
}

/// What it takes to end something.
pub async fn terminator(state: &AppState) -> Result<Terminator, Failed> {
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default()).await?;
    Ok(Terminator { state: state.clone(), revocations })
}

/// Who has confirmed, in words.
pub fn everywhere(instances: &[Confirmation]) -> String {
    if instances.is_empty() { "No server is running.".into() } else { confirmed_words(instances) }
}
