//! `/admin/users/{id}/{act}`: what an act will do, and the form that does it. Server side.

use leptos::prelude::*;

use super::{Act, ActPage, PAGES, Person, act_form::ActForm};
use crate::{
    auth::users::store::User,
    base::{error::AppError, number::counted},
    ui::{
        draw::Draw,
        frame::{Card, Link, Page},
        notice::Notice,
        session_list::SessionFacts,
        tabs::Tabs,
        when::moment,
    },
};

#[component]
pub fn ActPage(page: ActPage) -> impl IntoView {
    let (act, name) = (page.act, page.person.user.name.clone());
    let back = format!("/admin/users/{}", page.person.user.id);
    view! {
        <Page title=act.label() heading=format!("{}: {name}", act.label())>
            <Tabs label="Administration" pages=PAGES />
            <Card id="act" heading="What happens" danger=act.is_grave()>
                {match obstacle(&page) {
                    Some(words) => view! { <Notice kind="warning">{words}</Notice> }.drawn(),
                    None => view! { <Happens page /> }.drawn(),
                }}
            </Card>
            <p><Link href=back>{format!("Back to {name}")}</Link></p>
        </Page>
    }
}

#[component]
fn Happens(page: ActPage) -> impl IntoView {
    view! {
        {will(&page).into_iter().map(|words| view! { <p class="any-break">{words}</p> }).collect_view()}
        {page.only.clone().map(|session| view! { <div class="session"><SessionFacts session /></div> })}
        <ActForm page />
    }
}

/// What will happen, with the numbers of now.
fn will(page: &ActPage) -> Vec<String> {
    let name = &page.person.user.name;
    let (ends, told) = (ends(name, page.sessions.len()), told(page));
    let mut words = match page.act {
        Act::LogOut => vec![will_end(page)],
        Act::StartReset => will_send(&page.person),
        Act::RemoveSecondFactor => vec![
            format!(
                "{name} will be able to log in with just a password. This removes the authenticator app, recovery codes and \
                 trusted devices. {ends} {told}"
            ),
            format!("First check that the request is genuine: call {name} back on a number you know."),
        ],
        Act::ChangeRole => vec![format!(
            "{name} is {}. Users can't see administration. Auditors can view it but change nothing. Administrators can do \
             everything. The change takes effect on {name}'s next request and ends no sessions. {told}",
            page.person.user.role().with_article()
        )],
        Act::Disable => vec![format!(
            "{ends} {name} is logged out everywhere and can't log in. Links we've emailed stop working. You can enable the \
             account again; no data is deleted. {told}"
        )],
        Act::Enable => will_enable(&page.person, &told),
        Act::Delete => vec![
            format!(
                "This permanently deletes {name}'s name, email, password, notes, devices and IP addresses. {ends} You can't \
                 undo this. {told}"
            ),
            "The audit log keeps what you did, when, why and your IP address. Leave the user's name out of your reason.".into(),
        ],
    };
    words.extend(own_account(page.act).filter(|_| page.is_self).map(str::to_owned));
    words
}

fn will_end(page: &ActPage) -> String {
    let name = &page.person.user.name;
    match page.sessions.len() {
        _ if page.only.is_some() => {
            format!("This ends one session of {name} and revokes its access tokens. Other sessions stay active.")
        }
        0 => format!("{} This revokes any access tokens that {name} may still have.", ends(name, 0)),
        active => format!("This ends {} and revokes all of {name}'s access tokens.", session_count(active)),
    }
}

fn will_send(Person { user: User { name, email, verified_at, .. }, factor_since, .. }: &Person) -> Vec<String> {
    let stays = factor_since.map_or("", |_| " Two-factor authentication stays on.");
    let sends = format!(
        "We'll email a link to {email}. It works for 30 minutes. Using it logs {name} out everywhere. You won't see the link \
         or the password.{stays}"
    );
    let unsure = "This address was never confirmed. It may be mistyped, or belong to someone else.";
    std::iter::once(sends).chain(verified_at.is_none().then(|| unsure.to_owned())).collect()
}

fn will_enable(Person { user: User { name, .. }, no_password, factor_since, .. }: &Person, told: &str) -> Vec<String> {
    let factor = factor_since.map_or("", |_| " and two-factor authentication");
    let enables = format!(
        "{name} can log in again with the same password{factor}. Ended sessions stay ended, and no device is trusted any \
         more. {told}"
    );
    let needs = "A reset removed the password: send a new reset link, too.";
    std::iter::once(enables).chain(no_password.then(|| needs.to_owned())).collect()
}

/// What to think of when it is oneself.
fn own_account(act: Act) -> Option<&'static str> {
    match act {
        Act::LogOut => Some("This is your own account. You'll be logged out, too."),
        Act::ChangeRole => {
            Some("This is your own role. Once you've given it up, only another administrator can give it back.")
        }
        Act::Disable => {
            Some("This is your own account. You'll be logged out, and only another administrator can enable it again.")
        }
        Act::RemoveSecondFactor => Some("This is your own two-factor authentication. You'll be logged out everywhere."),
        Act::StartReset => Some(
            "This is your own account. If you block the current password, you can't log in until you've used the link. The \
             only administrator can't do that.",
        ),
        Act::Enable | Act::Delete => None,
    }
}

/// Whether a mail says so, and not why.
fn told(page: &ActPage) -> String {
    let name = &page.person.user.name;
    match (page.sends_mail, page.person.user.verified_at.is_some()) {
        (true, true) => format!("We'll email {name}, without the reason."),
        (true, false) => format!("We won't email {name}, because the address isn't confirmed."),
        (false, _) => format!("We won't email {name}, because this server doesn't send email."),
    }
}

fn ends(name: &str, active: usize) -> String {
    match active {
        0 => format!("{name} has no active sessions."),
        n => format!("This ends {}.", session_count(n)),
    }
}

fn session_count(active: usize) -> String {
    counted(active, "session", "sessions")
}

/// Why it cannot be done now, instead of a form. The act itself checks once more.
fn obstacle(page: &ActPage) -> Option<String> {
    let Person { user, disabled, factor_since, .. } = &page.person;
    let name = &user.name;
    let takes_away = matches!(page.act, Act::Disable | Act::ChangeRole | Act::Delete);
    match (page.act, disabled) {
        (Act::Delete, _) if page.is_self => Some(AppError::OwnAccount.to_string()),
        (Act::Disable, Some(before)) => {
            let why = if before.reason.is_empty() { String::new() } else { format!(": “{}”", before.reason) };
            Some(format!("{name} is already disabled. Done by {} on {}{why}.", before.by, moment(before.at)))
        }
        (Act::Enable, None) => Some(format!("{name} isn't disabled.")),
        (Act::Enable, Some(_)) if user.gave_way() => Some(AppError::AddressGaveWay.to_string()),
        (Act::StartReset, _) if !page.sends_mail => {
            Some("This server doesn't send email. Set LATCHKEY_SMTP_URL to turn it on.".into())
        }
        (Act::StartReset, Some(_)) => Some(AppError::AccountDisabled.to_string()),
        (Act::RemoveSecondFactor, _) if factor_since.is_none() => {
            Some(format!("{name} doesn't use two-factor authentication."))
        }
        _ if takes_away && page.is_last => Some(AppError::LastAdministrator.to_string()),
        _ => None,
    }
}
