//! `latchkey users`: list them, show, disable and enable one. Server side.

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde_json::json;
use strum::VariantArray;

use super::{Common, Failed, output::table, show_user, who::Who};
use crate::{
    auth::users::{Role, store, store::User},
    base::state::AppState,
    pages::admin::{
        by::parse_reason,
        stories::{disable, enable},
    },
    people::list::{Order, Page, Person, Place, State, Wanted, find::find},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Users {
    /// List users, newest first. Deleted users are not shown.
    List(List),
    /// Show a user: account, active sessions, two-factor authentication, recent activity.
    Show {
        /// Email address or ID of the user.
        #[arg(value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
        who: Who,
        #[command(flatten)]
        common: Common,
    },
    /// Log a user out everywhere and block login. Data is kept.
    ///
    /// Running servers reject every session and access token of the user within a second.
    Disable(Change),
    /// Enable a disabled user, who can then log in with their old password.
    Enable(Change),
}

#[derive(Args)]
pub struct List {
    /// Start of words in the name or email address: "an mü" finds Anna Müller.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "WORDS")]
    search: String,
    /// Only this role: user, auditor or admin.
    #[arg(long, value_parser = named::<Role>)]
    role: Option<Role>,
    /// Only this state: active, disabled, unverified or second-factor.
    #[arg(long, value_parser = named::<State>)]
    state: Option<State>,
    /// Sort order: newest, oldest, name or email.
    #[arg(long, default_value = "newest", value_name = "ORDER", value_parser = named::<Order>)]
    sort: Order,
    /// Maximum number of users (1 to 10,000).
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// Continue after this user ID.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub struct Change {
    /// Email address or ID of the user.
    #[arg(value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
    who: Who,
    /// Reason, recorded in the audit log.
    #[arg(long, value_parser = parse_reason)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

/// One of the words that stand for the values of an enum.
fn named<T: FromStr + VariantArray + Into<&'static str> + Copy>(text: &str) -> Result<T, String> {
    let words: Vec<&str> = T::VARIANTS.iter().map(|one| (*one).into()).collect();
    text.parse().map_err(|_| format!("must be one of {}", words.join(", ")))
}

pub async fn run(command: Users) -> Result<(), Failed> {
    match command {
        Users::List(args) => list(args).await,
        Users::Show { who, common } => show_user::run(&who, &common).await,
        Users::Disable(args) => change(args, false).await,
        Users::Enable(args) => change(args, true).await,
    }
}

async fn list(args: List) -> Result<(), Failed> {
    let List { search, role, state, sort, limit, after, common } = args;
    let wanted = Wanted { words: search, role, state, order: sort };
    let none = if wanted.is_narrow() || after.is_some() { "No users match." } else { "There are no users yet." };
    let page = common.on_database(async |app| {
        let place = match after {
            Some(id) => Place::After(known(app, id).await?),
            None => Place::First,
        };
        Ok(find(&app.db.pool, &wanted, &place, limit.into()).await?)
    });
    let Page { people, after, .. } = page.await?;
    let more = after.as_ref().map(|id| format!("There are more. Continue with --after {id}"));
    let table = table(HEADS, people.iter().map(cells));
    common.answer_list(&json!({ "users": people, "after": after }), table, none, more)
}

/// An ID to continue after must be someone's: a list that silently started over would never end.
async fn known(app: &AppState, id: String) -> Result<String, Failed> {
    let user = store::find_by_id(&app.db.pool, &id).await?;
    Ok(user.map(|user| user.id).ok_or_else(|| format!("there is no user with ID {id}; start over without --after"))?)
}

const HEADS: [&str; 6] = ["ID", "CREATED", "ROLE", "STATE", "EMAIL", "NAME"];

fn cells(one: &Person) -> [String; 6] {
    let marks = [(one.disabled, "disabled"), (!one.verified, "email not confirmed"), (one.second_factor, "2FA on")];
    let marks: Vec<&str> = marks.into_iter().filter_map(|(is, word)| is.then_some(word)).collect();
    let state = if marks.is_empty() { "active".to_owned() } else { marks.join(", ") };
    let role = one.role.into_str().to_owned();
    [one.id.clone(), minute(one.created_at), role, state, one.email.clone(), one.name.clone()]
}

/// What the pages do, from another process.
async fn change(Change { who, reason, common }: Change, enables: bool) -> Result<(), Failed> {
    let change = async |terminator: &_, by: &_, user: &User| {
        if enables { enable(terminator, by, &user.id, "").await } else { disable(terminator, by, &user.id, "").await }
    };
    let (_, outcome) = common.act_on(&who, &reason, change).await?;
    common.answer(&outcome, || outcome.words.clone())
}
