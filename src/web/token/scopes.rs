//! What an application must have been allowed for a route of the API: the table in docs/ROUTES.md, which is compiled in. What
//! has no scope there is closed to applications. Server side.

use std::{collections::HashMap, sync::LazyLock};

use axum::http::Method;

const TABLE: &str = include_str!("../../../docs/ROUTES.md");

/// Method and route → scope.
static SCOPES: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| TABLE.lines().filter_map(scope_of).collect());

/// The scope for this route, as routers name it.
pub fn needed(method: &Method, route: &str) -> Option<&'static str> {
    SCOPES.get(&(method.as_str(), route)).copied()
}

/// "| GET | `/api/v1/notes` | token `notes:read` | …"
fn scope_of(line: &'static str) -> Option<((&'static str, &'static str), &'static str)> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let (method, route, credential) = (cells.next()?, cells.next()?, cells.next()?);
    let scope = credential.strip_prefix("token ")?;
    Some(((method, route.trim_matches('`')), scope.trim_matches('`')))
}
