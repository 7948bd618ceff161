//! The end of grants, beside that of sessions, and word of it to their applications. Server side.

use std::collections::BTreeSet;

use sqlx::QueryBuilder;
use sqlx_macros::FromRow;
use uuid::Uuid;

use crate::{
    auth::{
        revocations::EndReason,
        sessions::store::{EndedRow, Target},
    },
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

/// A grant that ended just now, or the session that its user was logged in with.
#[derive(Clone, Debug, FromRow)]
pub struct EndedGrant {
    pub id: String,
    pub client_id: String,
    user_id: String,
    log_in_sid: String,
    scopes: String,
    last_used_at: Option<i64>,
    /// Until when its refresh token would have worked.
    pub refresh_until: Option<i64>,
}

/// What came to an end, and which applications are to be told.
#[derive(Default)]
pub struct Ended {
    pub grants: Vec<EndedGrant>,
    pub queued: Queued,
}

/// The notices of one transaction, and the names of their applications. Where `act` is empty there are none.
#[derive(Default)]
pub struct Queued {
    pub act: String,
    pub names: Vec<String>,
}

/// Ends what stands on the sessions that `target` has ended, and, where it names more than them, what outlives a session.
/// Applications are told of both, and of a login that is over also where their grant goes on. In the table `sid` is the
/// session that a grant ends with, if any, `log_in_sid` the one it was made in, and `told_at` when word of that went out.
pub async fn end_with(
    tx: &mut Tx,
    target: Target<'_>,
    sessions: &[EndedRow],
    reason: EndReason,
    now_ms: i64,
) -> sqlx::Result<Ended> {
    macro_rules! statements {
        ($of:literal) => {
            [
                concat!(
                    "update grants set ended_at = $3, end_reason = $4, told_at = $3 where ended_at is null and ",
                    $of,
                    " = $1 and sid <> $2 returning ",
                    ended_columns!()
                ),
                // Of the others the login is over, and the grant goes on.
                concat!(
                    "update grants set told_at = ended_at where told_at is null and ",
                    $of,
                    " = $1 and log_in_sid <> $2 returning ",
                    ended_columns!()
                ),
            ]
        };
    }
    let ([end, tell], keys) = match target {
        Target::Tokens(_) => return Ok(Ended::default()),
        Target::User(id) => (statements!("user_id"), vec![[id, "none"]]),
        Target::Others { user_id, keep } => (statements!("user_id"), vec![[user_id, keep]]),
        Target::Secret(_) | Target::Session(_) | Target::Surplus { .. } => {
            (statements!("log_in_sid"), sessions.iter().map(|row| [&*row.sid, ""]).collect())
        }
    };
    let (mut grants, mut told): (Vec<EndedGrant>, Vec<EndedGrant>) = Default::default();
    for [key, keep] in keys {
        let query = sqlx::query_as(end).bind(key).bind(keep).bind(now_ms).bind(reason.into_str());
        grants.extend(query.fetch_all(&mut **tx).await?);
        told.extend(sqlx::query_as(tell).bind(key).bind(keep).fetch_all(&mut **tx).await?);
    }
    if let Target::User(id) | Target::Others { user_id: id, .. } = target {
        take_back(&mut **tx, id, "", reason).await?;
    }
    let queued = queue(tx, grants.iter().chain(&told), now_ms).await?;
    Ok(Ended { grants, queued })
}

/// Takes back what a user has agreed to and only a logout has ended: it would not be asked about again. Of one application, or
/// of all where it is empty; whether there was such a thing.
pub async fn take_back(db: impl Conn<'_>, user_id: &str, client_id: &str, reason: EndReason) -> sqlx::Result<bool> {
    sqlx::query(concat!(
        "update grants set end_reason = $1 where user_id = $2 and $3 in ('', client_id) and ",
        was_only_a_logout!()
    ))
    .bind(reason.into_str())
    .bind(user_id)
    .bind(client_id)
    .hits(db)
    .await
}

/// Ends some of the grants that were over with this epoch of everyone; how many.
pub async fn end_below(tx: &mut Tx, epoch: i64, raised_at: i64, limit: i64) -> sqlx::Result<usize> {
    let statement = concat!(
        "update grants set ended_at = coalesce(ended_at, $1), end_reason = coalesce(end_reason, $2), told_at = $1 where \
         id in (select id from grants where global_epoch < $3 and told_at is null limit $4) returning ",
        ended_columns!()
    );
    let query = sqlx::query_as(statement).bind(raised_at).bind(EndReason::EveryoneLoggedOut.into_str());
    let grants: Vec<EndedGrant> = query.bind(epoch).bind(limit).fetch_all(&mut **tx).await?;
    queue(tx, &grants, raised_at).await?;
    Ok(grants.len())
}

/// The names of the applications that are to be told of logins which are over with this epoch, as [`queue`] chooses them.
pub async fn to_tell_below(db: impl Conn<'_>, epoch: i64) -> sqlx::Result<Vec<String>> {
    let statement = "select name from clients where backchannel_logout_uri <> '' and exists (select 1 from grants \
                     where client_id = clients.id and global_epoch < $1 and told_at is null and last_used_at is not \
                     null and ' ' || scopes || ' ' like '% openid %') order by name, id";
    sqlx::query_scalar(statement).bind(epoch).fetch_all(db).await
}

/// In one statement.
const NOTICES_AT_ONCE: usize = 500;

/// Queues a notice for each login at an application that wants to be told: of OpenID Connect, and finished.
pub async fn queue(tx: &mut Tx, grants: impl IntoIterator<Item = &EndedGrant>, now_ms: i64) -> sqlx::Result<Queued> {
    let is_login = |grant: &&EndedGrant| grant.last_used_at.is_some() && grant.scopes.split(' ').any(|s| s == "openid");
    let of = |grant: &EndedGrant| [&grant.client_id, &grant.user_id, &grant.log_in_sid].map(String::clone);
    let logins: BTreeSet<[String; 3]> = grants.into_iter().filter(is_login).map(of).collect();
    let (act, mut any) = (Uuid::now_v7().to_string(), false);
    for logins in Vec::from_iter(logins).chunks(NOTICES_AT_ONCE) {
        let row = |n: usize| format!("(${}, ${}, ${}, ${})", 4 * n + 3, 4 * n + 4, 4 * n + 5, 4 * n + 6);
        let mut insert = QueryBuilder::new(format!(
            "insert into logout_notices (id, client_id, user_id, sid, act, created_at, due_at, attempts) \
             select column1, c.id, column3, column4, $1, $2, $2, 0 from (values {}) as logins \
             join clients c on c.id = column2 and c.backchannel_logout_uri <> ''",
            (0..logins.len()).map(row).collect::<Vec<_>>().join(", ")
        ));
        let mut query = insert.build().persistent(false).bind(&act).bind(now_ms);
        for [client_id, user_id, sid] in logins {
            query = query.bind(Uuid::now_v7().to_string()).bind(client_id).bind(user_id).bind(sid);
        }
        any |= query.hits(&mut **tx).await?;
    }
    Ok(if any { Queued { names: waiting(&mut **tx, &act).await?, act } } else { Queued::default() })
}

/// The names of the applications that have not been told yet.
pub async fn waiting(db: impl Conn<'_>, act: &str) -> sqlx::Result<Vec<String>> {
    let statement = "select name from clients where id in (select client_id from logout_notices where act = $1) \
                     order by name, id";
    sqlx::query_scalar(statement).bind(act).fetch_all(db).await
}

/// Raises the epoch of a user's own applications: id, and the epoch of now.
pub async fn raise_of_owner(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Vec<(String, i64)>> {
    let statement = "update clients set epoch = epoch + 1 where owner_id = $1 returning id, epoch";
    sqlx::query_as(statement).bind(user_id).fetch_all(db).await
}
