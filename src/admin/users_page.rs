//! `/admin/users`: find a person. The search is in the address, so it works without JavaScript and can be shared.
//! Both sides.

use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_query_map};

use super::{UserList, UserRow, actions::find_users};
use crate::{
    error::AppError,
    ui::{
        frame::{Link, Page, Refused},
        when::When,
    },
};

#[component]
pub fn UsersPage() -> impl IntoView {
    let (words, after) = use_query_map()
        .with_untracked(|query| (query.get("q").unwrap_or_default(), query.get("after").unwrap_or_default()));
    let list = Resource::new_blocking(
        {
            let words = words.clone();
            move || (words.clone(), after.clone())
        },
        |(words, after)| find_users(words, after),
    );
    view! {
        <Suspense>
            {move || {
                let words = words.clone();
                Suspend::new(async move {
                    match list.await {
                        Ok(list) => view! { <Content list words /> }.into_any(),
                        Err(AppError::NotLoggedIn) => {
                            view! { <Redirect path="/login?next=%2Fadmin%2Fusers" /> }.into_any()
                        }
                        Err(error) => view! { <Refused error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Content(list: UserList, words: String) -> impl IntoView {
    let UserList { users, after } = list;
    let none = users.is_empty();
    let next = after.map(|after| {
        let words = String::from(leptos_router::location::Url::escape(&words));
        format!("/admin/users?q={words}&after={after}")
    });
    view! {
        <Page title="Users">
            <form class="search" method="get" action="/admin/users" role="search">
                <label for="q">"Name or e-mail"</label>
                <div class="field-with-button">
                    <input id="q" name="q" type="search" value=words.clone() autocomplete="off" />
                    <button type="submit" class="button">"Find"</button>
                </div>
            </form>
            {none.then(|| view! {
                <p class="empty">{format!("Nobody's name or e-mail contains “{words}”.")} " " <Link href="/admin/users">"Show everybody"</Link></p>
            })}
            {(!none).then(|| view! { <UserTable users /> })}
            {next.map(|href| view! { <p><Link href=href class="button">"Next page"</Link></p> })}
        </Page>
    }
}

#[component]
fn UserTable(users: Vec<UserRow>) -> impl IntoView {
    view! {
        <table class="cards">
            <thead>
                <tr><th scope="col">"Name"</th><th scope="col">"E-mail"</th><th scope="col">"Role"</th><th scope="col">"Since"</th></tr>
            </thead>
            <tbody>
                {users
                    .into_iter()
                    .map(|user| view! {
                        <tr>
                            <td data-label="Name"><Link href=format!("/admin/users/{}", user.id)>{user.name}</Link></td>
                            <td data-label="E-mail">{user.email}</td>
                            <td data-label="Role">
                                {user.role.as_text()}
                                {user.disabled.then(|| view! { " " <span class="badge warning">"disabled"</span> })}
                            </td>
                            <td data-label="Since"><When ms=user.created_at /></td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}
