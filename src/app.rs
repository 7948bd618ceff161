//! The shell of every document, the navigation, the list of pages. Both sides; only the islands in it go to the
//! browser.

use leptos::{attr::custom::custom_attribute, prelude::*, server_fn::ServerFn};
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    hooks::use_location,
    path,
};

use crate::{
    account::{
        activity_page::ActivityPage,
        codes_page::CodesPage,
        data_page::DataPage,
        delete_page::{DeletePage, DeletedPage},
        devices_page::DevicesPage,
        email_page::EmailPage,
        keep_factor_page::{FactorKeptPage, KeepFactorPage},
        new_email_page::NewEmailPage,
        not_me_page::{NotMeDonePage, NotMePage},
        password_page::PasswordPage,
        profile_page::ProfilePage,
        second_factor_page::SecondFactorPage,
        set_up_page::SetUpPage,
    },
    admin::{
        act_page::ActPage,
        audit_log::page::AuditPage,
        key_page::KeyPage,
        keys_page::KeysPage,
        overview::page::OverviewPage,
        sessions::{everyone_page::EveryonePage, page::SessionsPage},
        user_page::UserPage,
        users_page::UsersPage,
    },
    appearance::{Appearance, MORE, Theme, switch::AppearanceSwitch},
    dashboard::page::DashboardPage,
    error::AppError,
    home::page::HomePage,
    lab::{
        code::page::CodePage as LabCodePage,
        page::{LabIsOpen, LabPage},
    },
    login::{actions::LogOut, code_page::CodePage, confirm_page::ConfirmPage, page::LoginPage},
    notes::page::NotesPage,
    reset::{
        forgot_page::{ForgotPage, ForgotSentPage},
        page::ResetPage,
    },
    sessions::{Viewer, watch::SessionWatch},
    signup::page::{SetupPage, SignupPage},
    ui::{form::Here, frame::Link, head::SiteHead, refused::Refused, toast::Toasts},
    verification::{banner::ConfirmationBanner, page::VerifyPage, sent_page::VerifySentPage},
    web::page::here,
};

/// The document around the application. Server side only in effect: the browser hydrates the body.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    crate::web::provide_page_policy();
    let Appearance { theme, more_contrast } = use_context().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.into_str() data-contrast=more_contrast.then_some(MORE)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.color_scheme() />
                <ThemeColor theme />
                <SiteHead />
                // Without a browser package there is nothing to load, and the pages do without.
                {options.hash_files.then(|| view! {
                    <HashedStylesheet options=options.clone() id="style" />
                    <AutoReload options=options.clone() />
                    <HydrationScripts options=options.clone() islands=true />
                })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The bar around the page on a phone.
#[component]
fn ThemeColor(theme: Theme) -> impl IntoView {
    match theme {
        Theme::Light => view! { <meta name="theme-color" content="#f4f7f5" /> }.into_any(),
        Theme::Dark => view! { <meta name="theme-color" content="#0e1412" /> }.into_any(),
        Theme::System => view! {
            <meta name="theme-color" content="#f4f7f5" {..custom_attribute("media", "(prefers-color-scheme: light)")} />
            <meta name="theme-color" content="#0e1412" {..custom_attribute("media", "(prefers-color-scheme: dark)")} />
        }
        .into_any(),
    }
}

/// Every page has its data before it is rendered, so the HTML is whole: nothing flashes, and it works without
/// JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let viewer = use_context::<Viewer>();
    view! {
        <Title formatter=|title: String| format!("{title} · Latchkey") />
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to the content"</a>
            <Header viewer />
            <ConfirmationBanner />
            <Routes fallback=|| view! { <Refused error=AppError::NotFound /> }>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("/lab") view=LabPage ssr=SsrMode::Async />
                <Route path=path!("/lab/code/:name") view=LabCodePage ssr=SsrMode::Async />
                <Route path=path!("/signup") view=SignupPage ssr=SsrMode::Async />
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/login/code") view=CodePage ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async />
                <Route path=path!("/verify") view=VerifyPage ssr=SsrMode::Async />
                <Route path=path!("/verify/sent") view=VerifySentPage ssr=SsrMode::Async />
                <Route path=path!("/forgot") view=ForgotPage ssr=SsrMode::Async />
                <Route path=path!("/forgot/sent") view=ForgotSentPage ssr=SsrMode::Async />
                <Route path=path!("/reset") view=ResetPage ssr=SsrMode::Async />
                <Route path=path!("/confirm") view=ConfirmPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=DashboardPage ssr=SsrMode::Async />
                <Route path=path!("/notes") view=NotesPage ssr=SsrMode::Async />
                // Leads to the first of the pages below.
                <Route path=path!("/account") view=ProfilePage ssr=SsrMode::Async />
                <Route path=path!("/account/profile") view=ProfilePage ssr=SsrMode::Async />
                <Route path=path!("/account/profile/email") view=EmailPage ssr=SsrMode::Async />
                <Route path=path!("/verify-email") view=NewEmailPage ssr=SsrMode::Async />
                <Route path=path!("/account/devices") view=DevicesPage ssr=SsrMode::Async />
                <Route path=path!("/account/password") view=PasswordPage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor") view=SecondFactorPage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/set-up") view=SetUpPage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/codes") view=CodesPage ssr=SsrMode::Async />
                <Route path=path!("/account/activity") view=ActivityPage ssr=SsrMode::Async />
                <Route path=path!("/account/data") view=DataPage ssr=SsrMode::Async />
                <Route path=path!("/account/delete") view=DeletePage ssr=SsrMode::Async />
                <Route path=path!("/deleted") view=DeletedPage ssr=SsrMode::Async />
                <Route path=path!("/not-me") view=NotMePage ssr=SsrMode::Async />
                <Route path=path!("/not-me/done") view=NotMeDonePage ssr=SsrMode::Async />
                <Route path=path!("/second-factor/keep") view=KeepFactorPage ssr=SsrMode::Async />
                <Route path=path!("/second-factor/kept") view=FactorKeptPage ssr=SsrMode::Async />
                <Route path=path!("/admin") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/admin/users") view=UsersPage ssr=SsrMode::Async />
                <Route path=path!("/admin/users/:id") view=UserPage ssr=SsrMode::Async />
                <Route path=path!("/admin/users/:id/:act") view=ActPage ssr=SsrMode::Async />
                <Route path=path!("/admin/sessions") view=SessionsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/sessions/everyone") view=EveryonePage ssr=SsrMode::Async />
                <Route path=path!("/admin/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/admin/keys") view=KeysPage ssr=SsrMode::Async />
                <Route path=path!("/admin/keys/:id") view=KeyPage ssr=SsrMode::Async />
            </Routes>
            <Footer />
            <Toasts />
        </Router>
    }
}

#[component]
fn Header(viewer: Option<Viewer>) -> impl IntoView {
    let watch = viewer.as_ref().map(|viewer| (viewer.id.clone(), viewer.sid.clone()));
    view! {
        <header class="top">
            <Link href="/" class="brand">"Latchkey"</Link>
            <nav aria-label="Main">
                {match viewer {
                    Some(viewer) => view! { <Inside viewer /> }.into_any(),
                    None => view! { <Outside /> }.into_any(),
                }}
            </nav>
            {watch.map(|(user_id, sid)| view! { <SessionWatch user_id sid /> })}
        </header>
    }
}

#[component]
fn Outside() -> impl IntoView {
    view! {
        <LabLink />
        <NavLink href="/login" label="Log in" />
        <NavLink href="/signup" label="Sign up" />
    }
}

#[component]
fn Inside(viewer: Viewer) -> impl IntoView {
    view! {
        <NavLink href="/dashboard" label="Dashboard" />
        <NavLink href="/notes" label="Notes" />
        <LabLink />
        {viewer.role.oversees().then(|| view! { <NavLink href="/admin" label="Admin" /> })}
        <NavLink href="/account/profile" under="/account" label="Account" />
        <span class="who" title=viewer.email>{viewer.name}</span>
        <LogOutButton />
    }
}

/// What stands below every page.
#[component]
fn Footer() -> impl IntoView {
    let now = use_context::<Appearance>().unwrap_or_default();
    view! {
        <footer class="foot">
            <nav aria-label="More">
                {use_context::<LabIsOpen>().map(|_| view! { <Link href="/lab">"Session or JWT?"</Link> })}
                <a href="/.well-known/jwks.json" rel="external">"Public keys"</a>
            </nav>
            <AppearanceSwitch now here=here() />
        </footer>
    }
}

#[component]
fn LabLink() -> impl IntoView {
    use_context::<LabIsOpen>().map(|_| view! { <NavLink href="/lab" label="Lab" /> })
}

/// A plain form on purpose: the browser asks about unsaved text before it sends it, not after.
#[component]
fn LogOutButton() -> impl IntoView {
    view! {
        <form method="post" action=LogOut::PATH class="inline">
            <Here />
            <button type="submit" class="button quiet">"Log out"</button>
        </form>
    }
}

#[component]
fn NavLink(
    href: &'static str,
    label: &'static str,
    /// The pages that this link stands for; itself and what is below it where nothing is said.
    #[prop(default = href)]
    under: &'static str,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let current = match () {
        () if path == href => Some("page"),
        () if path.starts_with(under) => Some("true"),
        () => None,
    };
    view! { <Link href=href current>{label}</Link> }
}
