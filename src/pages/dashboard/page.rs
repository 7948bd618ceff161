//! `/dashboard`. Server side.

use leptos::prelude::*;

use crate::{
    auth::{
        second_factor::FEW_RECOVERY_CODES,
        sessions::{LiveSession, Viewer},
    },
    base::{number::counted, text::isolated},
    pages::activity::{Entry, page::ShortTimeline},
    ui::{
        frame::{Card, Link, Page},
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
            <Card id="account" heading="Your account">
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
            </Card>
            <Card id="here" heading="This device">
                <SessionList sessions=here empty="This session has just ended." />
            </Card>
            <Card id="elsewhere" heading="Other devices">
                <SessionList sessions=elsewhere empty="You're not logged in on any other device." />
                <p><Link href="/account/devices" class="button">{all_devices(more)}</Link></p>
            </Card>
            <Card id="activity" heading="Recent activity">
                <ShortTimeline entries=activity />
                <p><Link href="/account/activity" class="button">"All activity"</Link></p>
            </Card>
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
        n => format!("You have {} left. ", counted(n, "recovery code", "recovery codes")),
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
