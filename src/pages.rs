//! What each page needs, found before it is rendered: one entry per page. Server side.

use axum::{
    extract::{MatchedPath, Query, Request, State},
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    account::{self, keep_factor, new_email},
    admin,
    auth::app::App,
    config::Mailing,
    dashboard,
    error::AppError,
    known_devices::Device,
    lab::{self, load::Asker},
    login::{CodePage, ConfirmPage, LogInPage},
    mail::link_cookie,
    reset::reset_password,
    second_factor::removal,
    services::Services,
    sessions::{
        Ended,
        guard::{Administrator, LoggedIn, Overseer},
        half_log_in::HalfLogIn,
    },
    signup::setup_link,
    tokens::page_token::TokenLife,
    verification::verify,
    web::caller::ip_of,
    web::{
        action::told,
        cookies::{self, Name},
        local_path::{LocalPath, leading_to},
        page::{Held, PageData, Refused},
        problem::Problem,
        wants,
    },
};

/// What may stand in the address of a page.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    next: String,
    with: String,
    before: String,
    event: String,
}

/// Where a request for a page leads.
enum Found {
    Content(Value),
    Elsewhere(String),
}

/// A request for a page.
struct Page<'a> {
    services: &'a Services,
    someone: Option<LoggedIn>,
    ended: Option<Ended>,
    asked: Asked,
    uri: Uri,
    /// The act that waits, if one does.
    held: Option<Held>,
    /// The token of the link from a mail that this browser opened last.
    link: Option<String>,
    headers: HeaderMap,
    /// The address that the request came from.
    ip: String,
    /// The last part of the address, where the page has one that varies.
    id: String,
}

impl Page<'_> {
    /// One entry per page: who may see it is the first line of each.
    async fn find(&self, path: &str) -> Result<Found, AppError> {
        let state = &self.services.state;
        match path {
            "/" => content(self.services.lab.is_some()),
            "/lab" => content(lab::load::load(self.services.lab.as_ref(), &self.asker()).await?),
            "/lab/code/{name}" => content(lab::code::files::load(self.services.lab.as_ref(), &self.id, &self.asked())?),
            "/login" => self.visitors_only(LogInPage {
                ended: self.ended,
                next: self.asked.next.clone(),
                confirms_addresses: state.config.mailing() == Mailing::Smtp,
            }),
            "/verify" => self.behind_link(verify::open(state, self.link.as_deref(), self.someone.as_ref())).await,
            "/verify/sent" | "/forgot/sent" => content(()),
            "/forgot" => content(state.config.mailing() != Mailing::Off),
            "/reset" => self.behind_link(reset_password::open(state, self.link.as_deref())).await,
            "/verify-email" => self.behind_link(new_email::open(state, self.link.as_deref(), &self.user()?)).await,
            "/login/code" => self.second_half().await,
            "/signup" => self.visitors_only(()),
            "/setup" => content(setup_link::open(state, self.link.as_deref()).await?),
            "/dashboard" => content(dashboard::load::load(state, &self.user()?).await?),
            Held::PAGE => match (&self.held, &self.someone) {
                (None, _) => {
                    let email = Some(self.user()?.user.email);
                    content(ConfirmPage { email, next: self.asked.next.clone(), held: None })
                }
                (held, someone) => {
                    let email = someone.as_ref().map(|someone| someone.user.email.clone());
                    content(ConfirmPage { email, next: String::new(), held: held.clone() })
                }
            },
            "/notes" => content(self.user()?.user.id),
            "/account" => self.user().map(|_| Found::Elsewhere("/account/profile".into())),
            "/account/profile" => content(account::load::profile(&self.user()?)),
            "/account/profile/email" => content(account::load::email(state, &self.user()?)),
            "/account/devices" => content(account::load::devices(state, &self.user()?).await?),
            "/account/password" => {
                let user = self.user()?.user;
                content(account::Owner { email: user.email, name: user.name })
            }
            "/account/second-factor" => {
                let here = cookies::get(&state.config, &self.headers, Name::Device).and_then(Device::parse);
                let user = self.user()?;
                content(account::load::second_factor(state, &user, here.as_ref()).await?)
            }
            "/account/second-factor/set-up" => {
                match account::load::set_up(state, &self.services.secret, &self.fresh_user()?).await? {
                    Some(set_up) => content(set_up),
                    None => Ok(Found::Elsewhere("/account/second-factor".into())),
                }
            }
            "/account/second-factor/codes" => {
                let sealed = told(&self.headers, &state.config).unwrap_or_default().get("codes");
                content(account::codes::find(state, &self.services.secret, &self.user()?, &sealed))
            }
            "/account/activity" => content(account::load::activity(state, &self.user()?, &self.asked.before).await?),
            "/account/data" => self.user().and_then(|_| content(())),
            "/account/delete" => content(self.user()?.user.email),
            "/deleted" => self.visitors_only(()),
            "/not-me" => {
                let event = &self.asked.event;
                match event.is_empty() {
                    true => {
                        let (someone, link) = (self.someone.as_ref(), self.link.as_deref());
                        self.behind_link(account::not_me::page(state, someone, event, link)).await
                    }
                    false => content(account::not_me::page(state, self.someone.as_ref(), event, None).await?),
                }
            }
            "/not-me/done" | "/second-factor/kept" => content(()),
            "/second-factor/keep" => self.behind_link(keep_factor::page(state, self.link.as_deref())).await,
            "/admin" => content(admin::overview::load::load(&self.overseer()?, state, &self.services.census).await?),
            "/admin/users" => content(admin::load_users::users(&self.overseer()?, state, &self.asked()).await?),
            "/admin/users/{id}" => content(admin::load_user::user(&self.overseer()?, state, &self.id).await?),
            "/admin/users/{id}/{act}" => {
                let (admin, asked) = (self.administrator()?, self.asked());
                content(admin::load_user::act(&admin, state, self.id_above(), &self.id, &asked).await?)
            }
            "/admin/sessions" => {
                content(admin::sessions::load::sessions(&self.overseer()?, state, self.asked()).await?)
            }
            "/admin/sessions/everyone" => {
                let census = &self.services.census;
                content(admin::sessions::load::everyone(&self.overseer()?, state, census).await?)
            }
            "/admin/audit" => {
                content(admin::audit_log::load::load(&self.overseer()?, state, &as_typed(&self.uri)).await?)
            }
            "/admin/keys" => content(admin::load::keys(&self.overseer()?, state).await?),
            "/admin/keys/{id}" => content(admin::load::key(&self.overseer()?, state, &self.id).await?),
            _ => Err(AppError::NotFound),
        }
    }

    /// Who asks, for pages that are for everybody and show people their own.
    fn asker(&self) -> Asker<'_> {
        let (state, keys) = (&self.services.state, &self.services.keys);
        Asker { state, keys, headers: &self.headers, someone: self.someone.as_ref() }
    }

    fn user(&self) -> Result<LoggedIn, AppError> {
        self.someone.clone().ok_or(AppError::NotLoggedIn)
    }

    /// For pages that show what must not be left on a screen.
    fn fresh_user(&self) -> Result<LoggedIn, AppError> {
        self.user()
            .and_then(|user| if user.is_fresh(&self.services.state) { Ok(user) } else { Err(AppError::ProofNeeded) })
    }

    /// Without the first half of a log-in there is no second one.
    async fn second_half(&self) -> Result<Found, AppError> {
        if self.someone.is_some() {
            return self.visitors_only(());
        }
        let App { state, secret, .. } = &self.services.app;
        let now_ms = state.clock.now_ms();
        let sealed = cookies::get(&state.config, &self.headers, Name::LogIn);
        let half = sealed.and_then(|sealed| HalfLogIn::open(secret, &sealed, now_ms));
        let Some(half) = half else { return Ok(Found::Elsewhere("/login".into())) };
        let email = match half.user(state, secret).await {
            Ok(user) => user.email,
            Err(AppError::LogInAgain) => return Ok(Found::Elsewhere("/login".into())),
            Err(error) => return Err(error),
        };
        let goes_at = removal::goes_at(&state.db.pool, &half.user_id, now_ms).await?;
        let (recovery, trust_days) = (self.asked.with == "recovery", state.config.trusted_device_days);
        content(CodePage { email, half: half.id, recovery, trust_days, goes_at })
    }

    /// What a link from a mail shows. Whoever has none guesses, here as with the act behind it.
    async fn behind_link<T: Serialize>(
        &self,
        shown: impl Future<Output = Result<T, AppError>>,
    ) -> Result<Found, AppError> {
        if self.link.is_none() {
            return content(shown.await?);
        }
        let tried = self.services.throttle.admit_link(&self.ip).await?;
        content(tried.keep_if_dead(shown.await).await?)
    }

    fn overseer(&self) -> Result<Overseer, AppError> {
        Overseer::check_fresh(self.user()?, &self.services.state)
    }

    /// For pages that are nothing but the way to an act.
    fn administrator(&self) -> Result<Administrator, AppError> {
        Administrator::check_fresh(self.user()?, &self.services.state)
    }

    /// The last part but one of the address.
    fn id_above(&self) -> &str {
        self.uri.path().rsplit('/').nth(1).unwrap_or_default()
    }

    /// What this page alone understands in its address; what it does not is as if it were not there.
    fn asked<T: DeserializeOwned + Default>(&self) -> T {
        asked(&self.uri)
    }

    fn visitors_only(&self, shown: impl Serialize) -> Result<Found, AppError> {
        if self.someone.is_none() {
            return content(shown);
        }
        let next = LocalPath::parse_or_dashboard(Some(&self.asked.next));
        Ok(Found::Elsewhere(next.as_str().to_owned()))
    }
}

fn asked<T: DeserializeOwned + Default>(uri: &Uri) -> T {
    // No text in the database has a zero byte.
    if uri.query().is_some_and(|query| query.contains("%00")) {
        return T::default();
    }
    as_typed(uri)
}

/// As [`asked`], for who says what is wrong with it.
fn as_typed<T: DeserializeOwned + Default>(uri: &Uri) -> T {
    Query::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
}

fn content(shown: impl Serialize) -> Result<Found, AppError> {
    Ok(Found::Content(serde_json::to_value(shown)?))
}

/// Layer over the pages: finds the data, then lets the page be rendered with it; or leads to the log-in page, which
/// leads back.
pub async fn find_data(
    State(services): State<Services>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    if !matches!(*request.method(), axum::http::Method::GET | axum::http::Method::HEAD) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let page = Page {
        services: &services,
        someone: parts.extensions.get::<LoggedIn>().cloned(),
        ended: parts.extensions.get::<Ended>().copied(),
        asked: asked(&parts.uri),
        uri: parts.uri.clone(),
        held: parts.extensions.get::<Held>().cloned(),
        link: link_cookie::token(&parts.headers, &services.state.config),
        headers: parts.headers.clone(),
        ip: ip_of(&parts, &services.state.config),
        id: parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let refused = parts.extensions.get::<Refused>().cloned();
    let found = match page.find(path.as_ref().map_or("", MatchedPath::as_str)).await {
        Ok(Found::Elsewhere(path)) => return go_to(&path),
        Err(AppError::NotLoggedIn) => return go_to(&leading_to("/login", &here(&parts))),
        Err(AppError::ProofNeeded) => return go_to(&leading_to("/confirm", &here(&parts))),
        Err(
            error @ (AppError::Internal { .. } | AppError::Busy | AppError::Collided | AppError::TooManyTries { .. }),
        ) => {
            return Problem::from(error).into_response();
        }
        Ok(Found::Content(value)) => Ok(value),
        // The form that led here was told why: the link that it was for is not the one of this browser any more.
        Err(AppError::LinkDead) if refused.as_ref().is_some_and(|refused| refused.error == AppError::OtherLink) => {
            Err(AppError::OtherLink)
        }
        Err(error) => Err(error),
    };
    let status = found.as_ref().err().and_then(|error| StatusCode::from_u16(error.status()).ok());
    let data = PageData {
        content: found,
        here: here(&parts),
        typed: match &refused {
            Some(refused) => refused.typed.clone(),
            None => {
                told(&parts.headers, &services.state.config).filter(|_| wants::page(&parts.headers)).unwrap_or_default()
            }
        },
        refused_act: refused.as_ref().map(|refused| refused.act.clone()),
        refused: refused.map(|refused| refused.error),
        token_life: parts.extensions.get::<TokenLife>().map(|life| life.0),
    };
    parts.extensions.insert(data);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(status) = status.filter(|_| path.is_some() && response.status() == StatusCode::OK) {
        *response.status_mut() = status;
    }
    response
}

fn here(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// 303: whatever was asked, the other page is read (RFC 9110 15.4.4).
fn go_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, AppendHeaders([(header::LOCATION, path.to_owned())])).into_response()
}
