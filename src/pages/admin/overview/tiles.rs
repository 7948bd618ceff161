//! The figures of the overview. Server side.

use super::{Counted, Instance, KEY_OLD_MS, MAIL_LATE_MS, Tile, instances::health, store::OutboxRow};
use crate::{
    auth::tokens::KeyInfo,
    base::{
        config::Mailing,
        metrics::Spread,
        number::{counted, grouped, share},
    },
    pages::admin::{phrase::Phrase, short},
    ui::when::span,
};

/// `None`: the first count takes longer than anybody should wait.
pub fn people(census: Option<Counted>) -> [Tile; 2] {
    let tile = |name, figure, more| Tile { name, figure, more, warning: None };
    let (sessions, users) = (Phrase::link("Active sessions", "/admin/sessions"), Phrase::link("Users", "/admin/users"));
    let Some(Counted { live_sessions, people, confirmed, disabled, with_second_factor, age_ms }) = census else {
        let counting = || vec![Phrase::text("Counting. Reload in a moment.")];
        return [sessions, users].map(|name| tile(name, "…".into(), counting()));
    };
    let age = (age_ms > 0).then(|| Phrase::text(format!("Counted {} ago", span(age_ms))));
    let (part, not) = (share(confirmed, people), grouped(people - confirmed));
    let of_people = [
        Phrase::link(
            format!("{} confirmed ({part}), {not} not confirmed", grouped(confirmed)),
            "/admin/users?state=unverified",
        ),
        Phrase::link(format!("{} use 2FA", share(with_second_factor, people)), "/admin/users?state=second-factor"),
        Phrase::link(format!("{} disabled", grouped(disabled)), "/admin/users?state=disabled"),
    ];
    [
        tile(sessions, grouped(live_sessions), age.iter().cloned().collect()),
        tile(users, grouped(people), of_people.into_iter().chain(age).collect()),
    ]
}

/// Who has to wait before the next try of a password or a code. A wait ends by itself; what was tried stands in the log.
pub fn rate_limited((accounts, networks): (i64, i64)) -> Tile {
    let of = format!("{}, {}", counted(accounts, "account", "accounts"), counted(networks, "network", "networks"));
    Tile {
        name: Phrase::link("Rate-limited", "/admin/audit?event=log_in_failed"),
        figure: grouped(accounts + networks),
        more: vec![Phrase::text(format!("{of}, after failed attempts"))],
        warning: None,
    }
}

/// The slowest of those that have heard of any: who is thrown out is out when the last one knows.
pub fn revocations(instances: &[Instance]) -> Tile {
    let live = || instances.iter().filter(|instance| !instance.gone);
    let slowest = |times_of: fn(&Instance) -> Spread| {
        live().map(times_of).filter(|times| times.count > 0).max_by_key(|times| (times.p99_ms, times.p50_ms))
    };
    let (heard, made) = (slowest(|instance| instance.heard), slowest(|instance| instance.made));
    let place = match heard {
        Some(_) => format!("the slowest of {}", instance_count(live().count())),
        None => "this instance".into(),
    };
    let (figure, more) = match heard.or(made) {
        None => ("None yet".into(), vec!["since this instance started".into()]),
        Some(Spread { count, p50_ms, p99_ms }) => (
            format!("{} ms", grouped(p50_ms)),
            vec![
                format!("median, {} ms p99, on {place}", grouped(p99_ms)),
                counted(count, "revocation since it started", "revocations since it started"),
            ],
        ),
    };
    let ill = instances.iter().filter(|instance| health(instance).is_some()).count();
    Tile {
        name: Phrase::link("Revocations", "#instances"),
        figure,
        more: more.into_iter().map(Phrase::text).collect(),
        warning: (ill > 0).then(|| format!("{} with problems", instance_count(ill))),
    }
}

pub fn key(signing: Option<&KeyInfo>, now_ms: i64) -> Tile {
    let name = Phrase::link("Signing key", "/admin/keys");
    let Some(key) = signing else {
        let more = vec![Phrase::text("Access tokens can't be issued")];
        return Tile { name, figure: "None".into(), more, warning: Some("Broken".into()) };
    };
    let signs_for = (now_ms - key.signs_from).max(0);
    let next = key.ends_at.map(|_| "Next key published".to_owned());
    let signs = format!("{} in use for {}", short(&key.kid), span(signs_for));
    Tile {
        name,
        figure: key.algorithm.clone(),
        more: std::iter::once(signs).chain(next).map(Phrase::text).collect(),
        warning: (signs_for > KEY_OLD_MS).then(|| "Time to rotate".into()),
    }
}

pub fn mail(outbox: &OutboxRow, mailing: Mailing, now_ms: i64) -> Tile {
    let OutboxRow { waiting, oldest_at, given_up, sent } = *outbox;
    let oldest_ms = oldest_at.map(|at| (now_ms - at).max(0));
    let oldest = oldest_ms.map(|ms| format!("Oldest: {}", span(ms)));
    let went = if mailing == Mailing::Files { "written to files" } else { "sent" };
    let sent = [format!("{} {went} in 24 hours", grouped(sent)), format!("{} failed in 30 days", grouped(given_up))];
    let warning = match () {
        () if mailing == Mailing::Off => Some("No mail server configured"),
        () if given_up > 0 => Some("Run latchkey mail list"),
        () if oldest_ms.is_some_and(|ms| ms > MAIL_LATE_MS) => Some("Not being delivered"),
        () => None,
    };
    Tile {
        name: Phrase::text("Email"),
        figure: format!("{} waiting", grouped(waiting)),
        more: oldest.into_iter().chain(sent).map(Phrase::text).collect(),
        warning: warning.map(str::to_owned),
    }
}

fn instance_count(count: usize) -> String {
    counted(count, "instance", "instances")
}
