//! The border of the Lab. Actions, both sides; callable by anyone, where there is a Lab.

use leptos::prelude::*;

use crate::error::AppError;

/// Begins a visit: a demo user, logged in, for half an hour.
///
/// # Errors
/// [`AppError::NotFound`] where there is no Lab, [`AppError::LabFull`], [`AppError::TooManyTries`].
#[server(prefix = "/actions", endpoint = "begin_visit")]
pub async fn begin_visit() -> Result<(), AppError> {
    use crate::{
        lab::begin,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), begin::begin()).await
}

/// Ends the visit of this browser and removes everything of it.
///
/// # Errors
/// [`AppError::NotFound`] where there is no Lab; when its database does not take it.
#[server(prefix = "/actions", endpoint = "end_visit")]
pub async fn end_visit() -> Result<(), AppError> {
    use crate::{
        lab::begin,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), begin::end()).await
}

/// Measures what a request costs, in the visit of this browser. `rounds`: requests each way, one of
/// [`super::cost::ROUNDS`].
///
/// # Errors
/// [`AppError::VisitOver`], [`AppError::LabFull`]; [`AppError::Busy`] while somebody else measures.
#[server(prefix = "/actions", endpoint = "measure_cost")]
pub async fn measure_cost(rounds: u32) -> Result<(), AppError> {
    use crate::{
        lab::cost::measure,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), measure::measure_cost(rounds)).await
}
