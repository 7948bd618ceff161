//! `/admin/users/{id}/{act}`: what an act will do, and the form that does it. Both sides.

use leptos::prelude::*;

use super::{
    Act, ActPage, PAGES, Person,
    act_form::{ActForm, ForceForm},
};
use crate::{
    auth::users::Role,
    base::error::AppError,
    ui::{
        frame::{Link, Page},
        notice::Notice,
        session_list::SessionFacts,
        tabs::Tabs,
        when::minute,
    },
    web::page::typed,
};

#[component]
pub fn ActPage(page: ActPage) -> impl IntoView {
    let (act, name, id) = (page.act, page.person.name.clone(), page.person.id.clone());
    let back = format!("/admin/users/{id}");
    let class = if act.is_grave() { "card danger" } else { "card" };
    view! {
        <Page title=act.label() heading=format!("{}: {name}", act.label())>
            <Tabs label="Administration" pages=PAGES />
            <section class=class aria-labelledby="act">
                <h2 id="act">"What it does"</h2>
                {will(&page).into_iter().map(|words| view! { <p class="any-break">{words}</p> }).collect_view()}
                {page.only.clone().map(|session| view! { <div class="session"><SessionFacts session /></div> })}
                {match obstacle(&page) {
                    Some(words) => view! { <Notice kind="warning">{words}</Notice> }.into_any(),
                    None => form(page).into_any(),
                }}
            </section>
            <p><Link href=back>{format!("Back to {name}")}</Link></p>
        </Page>
    }
}

fn form(page: ActPage) -> impl IntoView {
    match page.act {
        Act::LogOut => {
            let sid = page.only.map(|session| session.sid).unwrap_or_default();
            view! { <ForceForm id=page.person.id sid reason=typed().get("reason") /> }.into_any()
        }
        _ => view! { <ActForm page /> }.into_any(),
    }
}

/// What will happen, with the numbers of now.
fn will(page: &ActPage) -> Vec<String> {
    let Person { name, email, role, confirmed, .. } = &page.person;
    let (ends, told) = (ends(page.sessions.len()), told(page));
    let mut words = match page.act {
        Act::LogOut if page.only.is_some() => {
            vec![format!("Ends this session of {name}, and the access tokens that came from it. The others live on.")]
        }
        Act::LogOut if page.sessions.is_empty() => {
            vec![format!("No session is live. Every access token that {name} may still hold dies, before it expires.")]
        }
        Act::LogOut => vec![format!("{ends} So does every access token that {name} holds, before it expires.")],
        Act::StartReset => {
            let mut words = vec![format!(
                "Sends a mail with a link to {email}. Whoever opens it within half an hour chooses a new password, and \
                 everything of before ends then. You see neither the link nor the password. A second factor stays."
            )];
            if !confirmed {
                words.push("This address was never confirmed: it may be mistyped, or somebody else’s.".into());
            }
            words
        }
        Act::RemoveSecondFactor => vec![
            format!(
                "From now on the password alone lets {name} in: authenticator app, recovery codes and trusted devices count \
                 for nothing. {ends} {told}"
            ),
            "Make sure first that it is they who ask: call back a number that you know.".into(),
        ],
        Act::ChangeRole => vec![format!(
            "{name} has the role “{}”. A user sees nothing of administration; an auditor reads everything there and \
             changes nothing; an administrator does everything that you can. The change counts on the next request; \
             sessions go on. {told}",
            role.into_str()
        )],
        Act::Disable => vec![format!(
            "{ends} Nothing of {name} counts any more: no session, no token, no link from a mail, and no log-in gets \
             through. What belongs to the account is kept, and it can be enabled again. {told}"
        )],
        Act::Enable => vec![format!(
            "{name} can log in again, with the password and the second factor of before. What had ended stays ended, and no \
             device is trusted any more. {told}{}",
            if page.person.no_password {
                " The password was taken away before: they need the link of a new reset."
            } else {
                ""
            }
        )],
        Act::Delete => vec![
            format!(
                "Erases name, address, password, notes, devices and where {name} came from, at once and for good. {ends} \
                 Nobody can bring it back. {told}"
            ),
            "What you did, from where and why stays in the audit log, and so does your reason: leave the name out of it.".into(),
        ],
    };
    if page.is_self {
        words.extend(own_account(page.act).map(str::to_owned));
    }
    words
}

/// What to think of when it is oneself.
fn own_account(act: Act) -> Option<&'static str> {
    match act {
        Act::LogOut => Some("This is your own account: you will be logged out, too."),
        Act::ChangeRole => {
            Some("This is your own role. Once you are no administrator, only another one can give it back.")
        }
        Act::Disable => {
            Some("This is your own account: you will be out, and only another administrator can let you in again.")
        }
        Act::RemoveSecondFactor => Some("This is your own second factor. You will be logged out everywhere."),
        Act::StartReset => Some(
            "This is your own account. If you end everything, you are out until you have opened the mail; the last \
             administrator cannot do that.",
        ),
        Act::Enable | Act::Delete => None,
    }
}

/// Whether a mail says so, and not why.
fn told(page: &ActPage) -> &'static str {
    match (page.sends_mail, page.person.confirmed) {
        (true, true) => "They are told by mail, and not why.",
        (true, false) => "They are not told by mail, since the address is not confirmed.",
        (false, _) => "They are not told, since this server sends no mail.",
    }
}

fn ends(live: usize) -> String {
    match live {
        0 => "No session is live.".into(),
        1 => "1 session ends now.".into(),
        n => format!("{n} sessions end now."),
    }
}

/// Why it cannot be done now, instead of a form. The act itself checks once more.
fn obstacle(page: &ActPage) -> Option<String> {
    let Person { name, disabled, gave_way, factor_since, .. } = &page.person;
    let takes_away = matches!(page.act, Act::Disable | Act::ChangeRole | Act::Delete);
    match (page.act, disabled) {
        (Act::Delete, _) if page.is_self => Some(AppError::OwnAccount.to_string()),
        (Act::Disable, Some(before)) => {
            let why = if before.reason.is_empty() { String::new() } else { format!(": “{}”", before.reason) };
            Some(format!("{name} was disabled already, by {}, {}{why}.", before.by, minute(before.at)))
        }
        (Act::Enable, None) => Some(format!("{name} is not disabled.")),
        (Act::Enable, Some(_)) if *gave_way => Some(AppError::AddressGaveWay.to_string()),
        (Act::StartReset, _) if !page.sends_mail => {
            Some("This server sends no mail. Whoever runs it can set LATCHKEY_SMTP_URL.".into())
        }
        (Act::StartReset, Some(_)) => Some(AppError::AccountDisabled.to_string()),
        (Act::RemoveSecondFactor, _) if factor_since.is_none() => Some(format!("{name} has no second factor.")),
        _ if takes_away && page.is_last && page.person.role == Role::Admin => {
            Some(AppError::LastAdministrator.to_string())
        }
        _ => None,
    }
}
