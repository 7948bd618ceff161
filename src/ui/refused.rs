//! What stands in place of a page that could not be made: what that means, and where to go. Server side.

use leptos::prelude::*;

use super::{
    contact::{AskForHelp, OfferHelp},
    draw::Draw,
    frame::{Link, Page},
    notice::Notice,
};
use crate::{
    auth::sessions::Viewer,
    base::{error::AppError, log_context::RequestContext},
    web::page::path,
};

/// The status of the document says the same.
#[component]
pub fn Refused(error: AppError) -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let title = match &error {
        AppError::NotAllowed => "You don't have access",
        AppError::NotFound => "Page not found",
        AppError::AccountGone => "Account deleted",
        AppError::SetupRefused | AppError::LinkDead | AppError::OtherLink => "This link doesn't work",
        AppError::Busy | AppError::Collided | AppError::Away(_) => "Server busy",
        AppError::Unwritable(_) => "Nothing can be saved",
        _ => "Something went wrong",
    };
    let kind = if matches!(error, AppError::NotFound | AppError::AccountGone) { "info" } else { "error" };
    let sentence = match &error {
        AppError::NotAllowed => "This page is for administrators. Ask one for access.".to_owned(),
        AppError::NotFound => "Check the address. The page may have been deleted.".to_owned(),
        error => error.to_string(),
    };
    let logged_in = viewer.is_some();
    let number = match &error {
        AppError::Internal { request_id: Some(number), .. } => Some(*number),
        _ => RequestContext::current_number(),
    };
    view! {
        <Page title=title narrow=true>
            <Notice kind=kind>{sentence}</Notice>
            <Meaning error=error.clone() viewer />
            {number.map(|number| view! {
                <p class="muted">"Request ID: " <code class="request-number">{number.to_string()}</code></p>
            })}
            <Ways error logged_in />
        </Page>
    }
}

/// What it means for the person.
#[component]
fn Meaning(error: AppError, viewer: Option<Viewer>) -> impl IntoView {
    match error {
        AppError::NotAllowed => {
            let who = viewer.map(|Viewer { name, email, .. }| {
                view! { <p>"You're logged in as " <strong>{name}</strong> ", " {email} "."</p> }
            });
            view! {
                {who}
                <p>"If another account of yours has access, log out and log in with that one."</p>
                <OfferHelp />
            }
            .drawn()
        }
        AppError::AccountGone => view! {
            <p>"What this user did, and what was done to the account, is still in the audit log."</p>
            <OfferHelp />
        }
        .drawn(),
        AppError::Internal { .. } => view! {
            <p>"Try again in a moment. If it happens again, quote the request ID. " <AskForHelp /></p>
        }
        .drawn(),
        _ => view! { <OfferHelp /> }.drawn(),
    }
}

/// The way that helps most comes first.
#[component]
fn Ways(error: AppError, logged_in: bool) -> impl IntoView {
    let again = matches!(error, AppError::Busy | AppError::Collided | AppError::Away(_) | AppError::Internal { .. });
    let (inside, start) = (logged_in.then_some(("/dashboard", "Go to dashboard")), ("/", "Go to start page"));
    let here = path();
    let first = match error {
        // The page of the act stands below that of the user.
        AppError::SessionOver => here.rsplit_once('/').map(|(user, _)| (user, "Go to the user's page")),
        AppError::AccountGone => Some(("/admin/users", "Go to users")),
        AppError::SetupRefused | AppError::LinkDead if !logged_in => Some(("/login", "Log in")),
        // An empty address is that of this page.
        _ => again.then_some(("", "Try again")),
    };
    let ways = [first, inside, Some(start)].into_iter().flatten().enumerate();
    view! {
        <p class="buttons">
            {ways.map(|(at, (href, words))| {
                let class = if at == 0 { "button primary" } else { "button" };
                view! { <Link href=href class=class>{words}</Link> }
            }).collect_view()}
        </p>
    }
}
