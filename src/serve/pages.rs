//! The list of pages, and how each is answered: what it shows is found before it is rendered. Server side.

use std::sync::{Arc, Mutex};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::{provide_context, use_context};

use super::services::Services;
use crate::{
    auth::sessions::guard::LoggedIn,
    base::{config::Mailing, error::AppError, lock::lock},
    pages::{
        account,
        account::{
            data_page::DataPage, delete_page::DeletedPage, keep_factor_page::FactorKeptPage, not_me_page::NotMeDonePage,
        },
        admin, appearance, dashboard,
        home::page::HomePage,
        login,
        login::load::ANEW,
        request::{Found, PageRequest, elsewhere, shows},
        reset,
        reset::forgot_page::ForgotSentPage,
        shell::shell,
        signup,
        signup::page::SignupPage,
        verification,
        verification::{Unconfirmed, sent_page::VerifySentPage},
    },
    ui::{part_links::PartLinks, when::Now},
    web::{
        action::told,
        local_path::leading_to,
        page::{Held, PageData, Refused},
        problem::{Problem, status_of},
        token::page_token::TokenLife,
    },
};

/// One line per page: its address, and what finds it. The parts have theirs.
macro_rules! pages {
    (|$services:ident, $page:ident| $($path:literal => $found:expr,)+) => {
        pub const PATHS: &[&str] = &[$($path),+];

        async fn find($services: &Services, $page: &PageRequest, path: &str) -> Result<Found, AppError> {
            match path {
                $($path => $found,)+
                _ => $services.parts.find($page, path).await,
            }
        }
    };
}

pages! { |services, page|
    "/" => shows(HomePage),
    "/signup" => page.visitors_only(SignupPage),
    "/login" => login::load::log_in(page),
    "/login/code" => login::load::code(page).await,
    "/confirm" => login::load::confirm(page, admin::load_user::waiting(page).await?),
    "/setup" => signup::load::set_up(page).await,
    "/verify" => verification::load::verify(page).await,
    "/verify/sent" => shows(VerifySentPage),
    "/forgot" => reset::load::forgot(page),
    "/forgot/sent" => shows(ForgotSentPage),
    "/reset" => reset::load::reset(page).await,
    "/dashboard" => dashboard::load::dashboard(page).await,
    "/account" => page.user().and_then(|_| elsewhere("/account/profile")),
    "/account/profile" => account::load::profile(page).await,
    "/account/profile/email" => account::load::email(page),
    "/verify-email" => account::load::new_email(page).await,
    "/account/devices" => account::load::devices(page, &services.parts).await,
    "/account/password" => account::load::password(page),
    "/account/second-factor" => account::load::second_factor(page).await,
    "/account/second-factor/set-up" => account::load::set_up(page).await,
    "/account/second-factor/codes" => account::load::codes(page).await,
    "/account/activity" => account::load::activity(page).await,
    "/account/data" => page.user().and_then(|_| shows(DataPage)),
    "/account/delete" => account::load::delete(page),
    "/deleted" => page.visitors_only(DeletedPage),
    "/not-me" => account::load::not_me(page).await,
    "/not-me/done" => shows(NotMeDonePage),
    "/second-factor/keep" => account::load::keep_factor(page).await,
    "/second-factor/kept" => shows(FactorKeptPage),
    "/admin" => {
        let has_lab = services.parts.iter().any(|part| part.links().iter().any(|link| link.href == "/lab"));
        admin::overview::load::overview(page, &services.census, has_lab).await
    },
    "/admin/users" => admin::load_users::users(page).await,
    "/admin/users/{id}" => admin::load_user::user(page).await,
    "/admin/users/{id}/{act}" => admin::load_user::act(page).await,
    "/admin/sessions" => admin::sessions::load::sessions(page).await,
    "/admin/sessions/everyone" => admin::sessions::load::everyone(page, &services.census).await,
    "/admin/audit" => admin::audit_log::load::audit(page).await,
    "/admin/keys" => admin::load::keys(page).await,
    "/admin/keys/{id}" => admin::load::key(page).await,
}

/// Every page has its data before it is rendered, so the HTML is whole: nothing flashes, and it works without
/// JavaScript. Who has to log in first is led to the page for that, which leads back.
pub async fn show(State(services): State<Arc<Services>>, path: Option<MatchedPath>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut page = PageRequest::new(&services.app, parts);
    let mut found = find(&services, &page, path.as_ref().map_or("", MatchedPath::as_str)).await;
    if let Some(refused) = page.parts.extensions.get::<Refused>().cloned() {
        match found {
            // The page asks for a login or a proof of its own: what was typed waits until then.
            Err(AppError::NotLoggedIn | AppError::ProofNeeded) => {
                page.parts.extensions.insert(refused.held());
                page.parts.extensions.insert(Refused { error: AppError::ProofNeeded, ..refused });
                found = find(&services, &page, Held::PAGE).await;
            }
            // It is not for whoever asks, as the login page for someone who is logged in.
            Ok(Found::Elsewhere(_)) => return Problem::from(refused.error).into_response(),
            _ => {}
        }
    }
    let mut parts = page.parts;
    let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let is_fresh = page.someone.is_some_and(|someone| someone.is_fresh(&services.state));
    let (status, view) = match found.or_else(|error| instead(error, &here, is_fresh)) {
        Ok(Found::View(StatusCode::OK, view)) => (status_of_form(&parts), view),
        Ok(Found::View(status, view)) => (status, view),
        // 303: whatever was asked, the other page is read (RFC 9110 15.4.4).
        Ok(Found::Elsewhere(path)) => return Redirect::to(&path).into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    parts.extensions.insert(data(&services, &parts, here));
    let view = Arc::new(Mutex::new(Some(view)));
    let render = leptos_axum::render_app_async_with_context(
        move || provide_contexts(&services),
        move || shell(lock(&view).take()),
    );
    let mut response = render(Request::from_parts(parts, body)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// What stands at `here` in the place of a page that can't be shown; an error where that is none of the page.
fn instead(error: AppError, here: &str, is_fresh: bool) -> Result<Found, AppError> {
    match error {
        AppError::NotLoggedIn => Ok(Found::Elsewhere(leading_to("/login", here))),
        // It wants a younger proof.
        AppError::ProofNeeded if is_fresh => {
            Ok(Found::Elsewhere(format!("{}&with={ANEW}", leading_to("/confirm", here))))
        }
        AppError::ProofNeeded => Ok(Found::Elsewhere(leading_to("/confirm", here))),
        AppError::Internal { .. }
        | AppError::Busy
        | AppError::Collided
        | AppError::Away(_)
        | AppError::Unwritable(_)
        | AppError::TooManyTries { .. } => Err(error),
        error => Ok(error.into()),
    }
}

/// The page of a refused form has the status of the error.
fn status_of_form(parts: &Parts) -> StatusCode {
    parts.extensions.get::<Refused>().map_or(StatusCode::OK, |refused| status_of(&refused.error))
}

fn data(services: &Services, parts: &Parts, here: String) -> PageData {
    let refused = parts.extensions.get::<Refused>().cloned();
    let told = || told(parts, &services.state.config);
    PageData {
        here,
        viewer: parts.extensions.get::<LoggedIn>().map(|someone| someone.user.id.clone()),
        token_life: parts.extensions.get::<TokenLife>().map(|life| life.0),
        typed: refused.as_ref().map(Refused::typed).or_else(told).unwrap_or_default(),
        refused,
    }
}

/// What the views and the actions ask for.
pub fn provide_contexts(services: &Services) {
    provide_context(services.state.clone());
    provide_context(services.app.clone());
    provide_context(services.keys.clone());
    provide_context(Now(services.state.clock.now_ms()));
    provide_context(PartLinks(services.parts.iter().flat_map(|part| part.links()).copied().collect()));
    services.parts.iter().for_each(|part| part.provide_contexts());
    let Some(parts) = use_context::<Parts>() else { return };
    provide_context(appearance::remember::of(&parts.headers, &services.state.config));
    if let Some(data) = parts.extensions.get::<PageData>() {
        provide_context(data.clone());
    }
    if let Some(someone) = parts.extensions.get::<LoggedIn>() {
        provide_context(someone.viewer());
        if someone.user.verified_at.is_none() && services.state.config.mailing() != Mailing::Off {
            provide_context(Unconfirmed { email: someone.user.email.clone() });
        }
    }
}
