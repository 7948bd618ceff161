//! `latchkey users`: who there is, one person from near, disable and enable. Server side.

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde::Serialize;
use strum::VariantArray;

use super::{
    Failed, disable, on_database,
    output::{say, say_json, say_table},
};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{
        second_factor, sessions,
        sessions::LiveSession,
        users::{Role, store, store::User},
    },
    base::{config::Config, email::Email, state::AppState},
    pages::activity::words::entry,
    people::list::{Order, Person, Place, State, Wanted, find::find},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Users {
    /// Show people, the newest first. Deleted ones are in no list.
    List(List),
    /// Show one person: the account, live sessions, second factor, the newest activity.
    Show(Show),
    /// End everything of a user and let nobody in until the account is enabled again. Nothing that belongs to it is lost.
    ///
    /// Running servers refuse every session and token within a second.
    Disable(disable::Change),
    /// Let a disabled user log in again, with the password of before.
    Enable(disable::Change),
}

#[derive(Args)]
pub struct List {
    /// Beginnings of words of a name or an address: "an mü" finds Anna Müller.
    #[arg(long, default_value = "", value_name = "WORDS")]
    search: String,
    /// Only this role: user, auditor or admin.
    #[arg(long, value_parser = named::<Role>)]
    role: Option<Role>,
    /// Only this state: active, disabled, unverified or second-factor.
    #[arg(long, value_parser = named::<State>)]
    state: Option<State>,
    /// In this order: newest, oldest, name or email.
    #[arg(long, default_value = "newest", value_name = "ORDER", value_parser = named::<Order>)]
    sort: Order,
    /// At most so many people, 1 to 10,000.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// Go on behind the person of this id.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Print one JSON document: `people`, and `after`, which goes on where it ends. Times are milliseconds since the
    /// epoch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct Show {
    /// E-mail address or id of the person.
    #[arg(value_name = "EMAIL-OR-ID")]
    who: String,
    /// Print one JSON document; times are milliseconds since the epoch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// One of the words that stand for the values of an enum.
fn named<T: FromStr + VariantArray + Into<&'static str> + Copy>(text: &str) -> Result<T, String> {
    let words: Vec<&str> = T::VARIANTS.iter().map(|one| (*one).into()).collect();
    text.parse().map_err(|_| format!("it must be one of {}", words.join(", ")))
}

pub async fn run(command: Users) -> Result<(), Failed> {
    match command {
        Users::List(args) => list(args).await,
        Users::Show(args) => show(args).await,
        Users::Disable(args) => disable::run(args, false).await,
        Users::Enable(args) => disable::run(args, true).await,
    }
}

async fn list(args: List) -> Result<(), Failed> {
    let List { search, role, state, sort, limit, after, json, config } = args;
    let wanted = Wanted { words: search, role, state, order: sort };
    let page = on_database(config, async |app| {
        let place = match after {
            Some(id) => Place::After(known(app, id).await?),
            None => Place::First,
        };
        Ok(find(&app.db.pool, &wanted, &place, limit.into()).await?)
    })
    .await?;
    let listed = Listed { people: page.people, after: page.after };
    if json {
        return say_json(&listed);
    }
    if listed.people.is_empty() {
        say!("Nobody.");
        return Ok(());
    }
    say_table(COLUMNS, listed.people.into_iter().map(cells));
    if let Some(id) = listed.after {
        say!("There are more: --after {id}");
    }
    Ok(())
}

/// An id to go on behind must be somebody's: a list that silently began anew would never end.
async fn known(app: &AppState, id: String) -> Result<String, Failed> {
    let user = store::find_by_id(&app.db.pool, &id).await?;
    Ok(user.map(|user| user.id).ok_or_else(|| format!("there is no user with the id {id}; begin without --after"))?)
}

#[derive(Serialize)]
struct Listed {
    people: Vec<Person>,
    after: Option<String>,
}

const COLUMNS: [(&str, usize); 6] =
    [("id", 36), ("since", 20), ("role", 7), ("state", 13), ("e-mail", 32), ("name", 0)];

fn cells(one: Person) -> [String; 6] {
    let marks = [(one.disabled, "disabled"), (!one.verified, "unconfirmed"), (one.second_factor, "second factor")];
    let marks: Vec<&str> = marks.into_iter().filter_map(|(is, word)| is.then_some(word)).collect();
    let state = if marks.is_empty() { "active".to_owned() } else { marks.join(", ") };
    [one.id, minute(one.created_at), one.role.into_str().to_owned(), state, one.email, one.name]
}

/// So many events of a person are shown.
const EVENTS_MAX: i64 = 10;

/// What is known of one person.
#[derive(Serialize)]
struct Details {
    #[serde(flatten)]
    person: Person,
    disabled_at: Option<i64>,
    verified_at: Option<i64>,
    second_factor_at: Option<i64>,
    sessions: Vec<LiveSession>,
    activity: Vec<Happened>,
}

/// An event in the words that the person reads.
#[derive(Serialize)]
struct Happened {
    at: i64,
    event: String,
    words: String,
    device: String,
    ip: String,
    reason: String,
}

async fn show(args: Show) -> Result<(), Failed> {
    let details = on_database(args.config, async |app| {
        let user = find_person(app, &args.who).await?;
        Ok(details(app, user).await?)
    })
    .await?;
    if args.json {
        return say_json(&details);
    }
    say!("{}", words(&details).trim_end());
    Ok(())
}

/// The person of this e-mail or id.
async fn find_person(app: &AppState, who: &str) -> Result<User, Failed> {
    let pool = &app.db.pool;
    let found = match Email::parse(who) {
        Ok(email) => store::find_by_email(pool, &email).await?,
        Err(_) => store::find_by_id(pool, who).await?,
    };
    Ok(found.ok_or_else(|| format!("there is no user {who}; `latchkey users list --search WORDS` finds people"))?)
}

async fn details(app: &AppState, user: User) -> Result<Details, sqlx::Error> {
    let pool = &app.db.pool;
    let second_factor_at =
        second_factor::store::find(pool, &user.id).await?.and_then(|row| row.on_since(app.clock.now_ms()));
    let sessions = sessions::store::live_of(pool, &user.id, app.clock.now_ms()).await?;
    let events = log::store::newest_of(pool, &user.id, None, EVENTS_MAX).await?;
    Ok(Details {
        disabled_at: user.disabled_at,
        verified_at: user.verified_at,
        second_factor_at,
        sessions: sessions.into_iter().map(sessions::session::SessionRow::into_live).collect(),
        activity: events.into_iter().map(Happened::from).collect(),
        person: Person {
            role: user.role(),
            disabled: user.disabled_at.is_some(),
            verified: user.verified_at.is_some(),
            second_factor: second_factor_at.is_some(),
            created_at: user.created_at,
            id: user.id,
            email: user.email,
            name: user.name,
        },
    })
}

impl From<EventRow> for Happened {
    fn from(row: EventRow) -> Self {
        let words = entry(&row, "").words;
        let EventRow { at, event, device, ip, reason, .. } = row;
        Self { at, event, words, device, ip, reason }
    }
}

fn words(details: &Details) -> String {
    let Details { person, disabled_at, verified_at, second_factor_at, sessions, activity } = details;
    let at = |time: &Option<i64>, none: &str| time.map_or_else(|| none.to_owned(), minute);
    let facts = [
        ("id", person.id.clone()),
        ("e-mail", person.email.clone()),
        ("name", person.name.clone()),
        ("role", person.role.into_str().to_owned()),
        ("since", minute(person.created_at)),
        ("confirmed", at(verified_at, "no")),
        ("disabled", at(disabled_at, "no")),
        ("second factor", at(second_factor_at, "no")),
    ];
    let mut text: String = facts.iter().map(|(name, value)| format!("{name:<14} {value}\n")).collect();
    text += &format!("\nLive sessions: {}\n", sessions.len());
    for one in sessions {
        text += &format!("  {}  {}  {}  since {}\n", one.sid, one.device, one.ip, minute(one.created_at));
    }
    text += &format!("\nNewest activity, as the person reads it: {}\n", activity.len());
    for one in activity {
        let place = [&*one.device, &*one.ip].into_iter().filter(|part| !part.is_empty());
        let place = place.collect::<Vec<_>>().join(", ");
        text += format!("  {}  {}  {place}", minute(one.at), one.words).trim_end();
        text.push('\n');
    }
    text
}
