//! `/admin/users`: find a person. The search is in the address, so it works without JavaScript and can be shared.
//! Both sides.

use leptos::prelude::*;

use super::{PAGES, UserList, UserRow};
use crate::ui::{
    frame::{Link, Page, with_content},
    tabs::Tabs,
    when::When,
};

#[component]
pub fn UsersPage() -> impl IntoView {
    with_content(|super::UsersPage { list, words }| view! { <Content list words /> })
}

#[component]
fn Content(list: UserList, words: String) -> impl IntoView {
    let UserList { users, after } = list;
    let none = users.is_empty();
    let next = after.map(|after| {
        let words = leptos_router::location::Url::escape(&words);
        format!("/admin/users?q={words}&after={after}")
    });
    view! {
        <Page title="Users">
            <Tabs label="Administration" pages=PAGES />
            <form class="search" method="get" action="/admin/users" role="search">
                <label for="q">"Name or e-mail"</label>
                <div class="field-with-button">
                    <input id="q" name="q" type="search" value=words.clone() autocomplete="off" />
                    <button type="submit" class="button">"Find"</button>
                </div>
            </form>
            {none.then(|| view! {
                <p class="empty">{format!("Nobody’s name or e-mail contains “{words}”.")} " " <Link href="/admin/users">"Show everybody"</Link></p>
            })}
            {(!none).then(|| view! { <UserTable users /> })}
            {next.map(|href| view! { <p><Link href=href class="button">"Next page"</Link></p> })}
        </Page>
    }
}

#[component]
fn UserTable(users: Vec<UserRow>) -> impl IntoView {
    view! {
        // The roles say again what the elements say: a phone shows rows as cards, and `display` takes the meaning away.
        <table class="cards" role="table">
            <thead role="rowgroup">
                <tr role="row"><th scope="col" role="columnheader">"Name"</th><th scope="col" role="columnheader">"E-mail"</th><th scope="col" role="columnheader">"Role"</th><th scope="col" role="columnheader">"Since"</th></tr>
            </thead>
            <tbody role="rowgroup">
                {users
                    .into_iter()
                    .map(|user| view! {
                        <tr role="row">
                            <td role="cell" data-label="Name"><Link href=format!("/admin/users/{}", user.id)>{user.name}</Link></td>
                            <td role="cell" data-label="E-mail">{user.email}</td>
                            <td role="cell" data-label="Role">
                                {user.role.as_text()}
                                {user.disabled.then(|| view! { " " <span class="badge warning">"disabled"</span> })}
                            </td>
                            <td role="cell" data-label="Since"><When ms=user.created_at /></td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}
