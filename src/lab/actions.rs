//! The border of the Lab. Actions, both sides; callable by anyone, where there is a Lab.

use leptos::prelude::*;

use crate::base::error::AppError;

/// Begins a visit: a demo user, logged in, for half an hour.
#[server(prefix = "/actions", endpoint = "begin_visit")]
pub async fn begin_visit() -> Result<(), AppError> {
    crate::lab::visit::begin().await
}

/// Ends the visit of this browser and removes everything of it.
#[server(prefix = "/actions", endpoint = "end_visit")]
pub async fn end_visit() -> Result<(), AppError> {
    crate::lab::visit::end().await
}

/// Measures what a request costs, in the visit of this browser. `rounds`: requests each way, one of
/// [`super::cost::ROUNDS`].
#[server(prefix = "/actions", endpoint = "measure_cost")]
pub async fn measure_cost(rounds: u32) -> Result<(), AppError> {
    crate::lab::cost::measure::measure_cost(rounds).await
}

/// Runs one of the attacks on the visit's own demo user, and shows what came of it. Callable by who has a visit.
#[server(prefix = "/actions", endpoint = "try_attack")]
pub async fn try_attack(attack: String) -> Result<(), AppError> {
    crate::lab::attacks::run::run(&attack).await
}

/// Logs the demo user in on one more device, whose session and token the three lanes then ask for. Callable as
/// [`try_attack`].
#[server(prefix = "/actions", endpoint = "start_lanes")]
pub async fn start_lanes() -> Result<(), AppError> {
    crate::lab::lanes::run::start().await
}

/// Ends the session of the three lanes: `by` its owner (`log_out`) or the administrator (`force`). Callable as
/// [`try_attack`].
#[server(prefix = "/actions", endpoint = "end_lanes")]
pub async fn end_lanes(by: String) -> Result<(), AppError> {
    crate::lab::lanes::run::end(&by).await
}
