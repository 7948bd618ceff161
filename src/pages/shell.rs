//! The shell of every document, and the navigation. Server side; the islands in it go to the browser.

use leptos::{attr::custom::custom_attribute, prelude::*, server_fn::ServerFn};
use leptos_meta::{MetaTags, Title, provide_meta_context};

use super::{
    appearance::{Appearance, MORE, Theme, switch::AppearanceSwitch},
    login::actions::LogOut,
    verification::banner::ConfirmationBanner,
};
use crate::{
    auth::sessions::Viewer,
    ui::{
        document::{Molds, ReadersZone, SessionWatch, StartScript, Toasts},
        draw::{Content, Draw},
        form::ButtonForm,
        frame::Link,
        head::SiteHead,
        part_links::{Place, links_at},
    },
    web::{assets, csp, page::path},
};

pub fn shell(page: Option<Content>) -> impl IntoView {
    csp::allow_forms_to("'self'");
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
                {assets::package().map(|package| view! {
                    <link id="style" rel="stylesheet" href=package.style.as_str() />
                    <StartScript package />
                })}
                <MetaTags />
            </head>
            <body>
                <App page />
            </body>
        </html>
    }
}

/// The bar around the page on a phone.
#[component]
fn ThemeColor(theme: Theme) -> impl IntoView {
    match theme {
        Theme::Light => view! { <meta name="theme-color" content="#f4f7f5" /> }.drawn(),
        Theme::Dark => view! { <meta name="theme-color" content="#0e1412" /> }.drawn(),
        Theme::System => view! {
            <meta name="theme-color" content="#f4f7f5" {..custom_attribute("media", "(prefers-color-scheme: light)")} />
            <meta name="theme-color" content="#0e1412" {..custom_attribute("media", "(prefers-color-scheme: dark)")} />
        }
        .drawn(),
    }
}

#[component]
fn App(page: Option<Content>) -> impl IntoView {
    provide_meta_context();
    let viewer = use_context::<Viewer>();
    view! {
        <Title formatter=|title: String| format!("{title} · Latchkey") />
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <Header viewer />
        <ConfirmationBanner />
        {page.map(Content::drawn)}
        <Footer />
        <Toasts />
        <Molds />
        <ReadersZone />
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
                    Some(viewer) => view! { <Inside viewer /> }.drawn(),
                    None => view! { <Outside /> }.drawn(),
                }}
            </nav>
            {watch.map(|(user_id, sid)| view! { <SessionWatch user_id sid /> })}
        </header>
    }
}

#[component]
fn Outside() -> impl IntoView {
    view! {
        <PartLinks at=Place::Bar />
        <NavLink href="/login" label="Log in" />
        <NavLink href="/signup" label="Sign up" />
    }
}

#[component]
fn Inside(viewer: Viewer) -> impl IntoView {
    view! {
        <NavLink href="/dashboard" label="Dashboard" />
        <PartLinks at=Place::BarInside />
        <PartLinks at=Place::Bar />
        {viewer.role.oversees().then(|| view! { <NavLink href="/admin" label="Admin" /> })}
        <NavLink href="/account/profile" under="/account" label="Account" />
        // The name has its own direction; where it stands is that of the page.
        <span class="who" title=viewer.email><bdi>{viewer.name}</bdi></span>
        // A plain form on purpose: the browser asks about unsaved text before it sends it, not after.
        <ButtonForm action=LogOut::PATH form_class="inline" class="button quiet">"Log out"</ButtonForm>
    }
}

#[component]
fn Footer() -> impl IntoView {
    let now = use_context::<Appearance>().unwrap_or_default();
    view! {
        <footer class="foot">
            <nav aria-label="More">
                {links_at(Place::Footer).into_iter().map(|link| view! { <Link href=link.href>{link.label}</Link> }).collect_view()}
                <a href="/.well-known/jwks.json" rel="external">"Public keys (JWKS)"</a>
            </nav>
            <AppearanceSwitch now />
        </footer>
    }
}

#[component]
fn PartLinks(at: Place) -> impl IntoView {
    links_at(at).into_iter().map(|link| view! { <NavLink href=link.href label=link.label /> }).collect_view()
}

#[component]
fn NavLink(
    href: &'static str,
    label: &'static str,
    /// The pages that this link stands for; itself and what is below it where nothing is said.
    #[prop(default = href)]
    under: &'static str,
) -> impl IntoView {
    let path = path();
    let current = match () {
        () if path == href => Some("page"),
        () if path.starts_with(under) => Some("true"),
        () => None,
    };
    view! { <Link href=href current>{label}</Link> }
}
