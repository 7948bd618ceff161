//! `/dashboard`. Server side.

use leptos::prelude::*;

use crate::{
    auth::{
        second_factor::FEW_RECOVERY_CODES,
        sessions::{LiveSession, Viewer},
    },
    base::text::isolated,
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
    /// The others that were used last.
    elsewhere: Vec<LiveSession>,
    /// How many others there are besides.
    more: usize,
    /// What happened lately.
    activity: Vec<Entry>,
    /// Where there is something to say about recovery codes.
    codes: Option<CodesLeft>,
    /// When the account was made, in milliseconds since the epoch.
    member_since: i64,
) -> impl IntoView {
    view! {
        <Page title="Dashboard" heading=format!("Hello, {}", isolated(&viewer.name))>
            {codes.map(|codes| view! { <RecoveryCodesLeft codes /> })}
            <section class="card" aria-labelledby="account">
                <h2 id="account">"Your account"</h2>
                <dl class="facts">
                    <div><dt>"Name"</dt><dd><bdi>{viewer.name.clone()}</bdi></dd></div>
                    <div><dt>"Email"</dt><dd><bdi>{viewer.email.clone()}</bdi></dd></div>
                    <div><dt>"Role"</dt><dd>{viewer.role.words()}</dd></div>
                    <div><dt>"Member since"</dt><dd><Ago ms=member_since /></dd></div>
                </dl>
                {links_at(Place::Dashboard)
                    .into_iter()
                    .map(|link| view! { <p><Link href=link.href class="button">{link.label}</Link></p> })
                    .collect_view()}
            </section>
            <section class="card" aria-labelledby="here">
                <h2 id="here">"This device"</h2>
                <SessionList sessions=here empty="This session has just ended." />
            </section>
            <section class="card" aria-labelledby="elsewhere">
                <h2 id="elsewhere">"Other devices"</h2>
                <SessionList sessions=elsewhere empty="You're not logged in on any other device." />
                <p><Link href="/account/devices" class="button">{all_devices(more)}</Link></p>
            </section>
            <section class="card" aria-labelledby="activity">
                <h2 id="activity">"Recent activity"</h2>
                <ShortTimeline entries=activity />
                <p><Link href="/account/activity" class="button">"All activity"</Link></p>
            </section>
        </Page>
    }
}

fn all_devices(more: usize) -> String {
    match more {
        0 => "Manage devices".into(),
        n => format!("Show {n} more and manage devices"),
    }
}

/// Recovery codes that have not been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodesLeft {
    pub left: i64,
    /// This session began with one.
    pub just_used: bool,
}

impl CodesLeft {
    /// There is still time to do something about it.
    pub fn is_few(self) -> bool {
        self.left <= FEW_RECOVERY_CODES
    }
}

#[component]
fn RecoveryCodesLeft(codes: CodesLeft) -> impl IntoView {
    let used = if codes.just_used { "You used a recovery code to log in. " } else { "" };
    let left = match codes.left {
        0 => "You have no recovery codes left. ".to_owned(),
        1 => "You have 1 recovery code left. ".to_owned(),
        n => format!("You have {n} recovery codes left. "),
    };
    view! {
        <Notice kind=if codes.is_few() { "warning" } else { "info" }>
            <p>
                {format!("{used}{left}")}
                {codes.is_few().then(|| view! {
                    <Link href="/account/second-factor">"Create new ones"</Link>", or you can't log in without your phone."
                })}
            </p>
        </Notice>
    }
}
