//! `/dashboard`. Both sides.

use leptos::prelude::*;

use crate::{
    auth::sessions::{LiveSession, Viewer},
    pages::activity::{Entry, page::ShortTimeline},
    ui::{
        frame::{Link, Page},
        notice::Notice,
        part_links::{Place, links_at},
        session_list::SessionList,
        when::Ago,
    },
};

#[component]
pub fn DashboardPage(
    viewer: Viewer,
    here: Vec<LiveSession>,
    elsewhere: Vec<LiveSession>,
    /// What happened lately.
    activity: Vec<Entry>,
    /// How many recovery codes of the second factor are left, where it is on and they are few.
    few_recovery_codes: Option<i64>,
    /// When the account was made, in milliseconds since the epoch.
    member_since: i64,
) -> impl IntoView {
    view! {
        <Page title="Dashboard" heading=format!("Hello, {}", viewer.name)>
            {few_recovery_codes.map(|left| view! { <FewRecoveryCodes left /> })}
            <section class="card" aria-labelledby="account">
                <h2 id="account">"Your account"</h2>
                <dl class="facts">
                    <div><dt>"Name"</dt><dd>{viewer.name.clone()}</dd></div>
                    <div><dt>"E-mail"</dt><dd>{viewer.email.clone()}</dd></div>
                    <div><dt>"Role"</dt><dd>{viewer.role.into_str()}</dd></div>
                    <div><dt>"Member since"</dt><dd><Ago ms=member_since /></dd></div>
                </dl>
                {links_at(Place::Dashboard)
                    .into_iter()
                    .map(|link| view! { <p><Link href=link.href class="button">{link.label}</Link></p> })
                    .collect_view()}
            </section>
            <section class="card" aria-labelledby="here">
                <h2 id="here">"This session"</h2>
                <SessionList sessions=here empty="This session has just ended." />
            </section>
            <section class="card" aria-labelledby="elsewhere">
                <h2 id="elsewhere">"Other devices"</h2>
                <SessionList sessions=elsewhere empty="You are logged in nowhere else." />
                <p><Link href="/account/devices" class="button">"Manage your devices"</Link></p>
            </section>
            <section class="card" aria-labelledby="activity">
                <h2 id="activity">"Recent activity"</h2>
                <ShortTimeline entries=activity />
                <p><Link href="/account/activity" class="button">"All activity"</Link></p>
            </section>
        </Page>
    }
}

/// While there is time to do something about it.
#[component]
fn FewRecoveryCodes(left: i64) -> impl IntoView {
    let words = match left {
        0 => "You have no recovery codes left. ".to_owned(),
        1 => "You have 1 recovery code left. ".to_owned(),
        n => format!("You have {n} recovery codes left. "),
    };
    view! {
        <Notice kind="warning">
            <p>{words}<Link href="/account/second-factor">"Make new ones"</Link>", or you will not get in when your phone is gone."</p>
        </Notice>
    }
}
