//! `/admin/users`: find a person. The search is in the address, so it works without JavaScript and can be shared.
//! Server side.

use leptos::prelude::*;
use strum::VariantArray;

use super::{PAGES, ReceiptNotice, audit_log::page::Misunderstood, search::SearchField};
use crate::{
    auth::users::Role,
    base::number::counted,
    people::list::{Order, Page as List, Person, State, Wanted},
    ui::{
        empty::Empty,
        field::SelectField,
        frame::{Link, Page},
        table::{Cell, Row, Table},
        tabs::Tabs,
        turn,
        turn::Turn,
        when::Ago,
    },
};

const PATH: &str = "/admin/users";

/// Longer searches are cut, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;

const SEARCH_HELP: &str = "Search by the start of a name or email, e.g. “an mü” finds Anna Müller.";

#[component]
pub fn UsersPage(
    /// What is in force, whatever was asked for.
    wanted: Wanted,
    /// What was not understood, in sentences.
    problems: Vec<String>,
    list: List,
    /// Whether the page begins with the first person.
    from_the_first: bool,
) -> impl IntoView {
    let (is_understood, shown) = (problems.is_empty(), shown(&list));
    let List { people, before, after } = list;
    let is_empty = people.is_empty();
    let first = before.is_some().then(|| address(&wanted, None));
    let before = before.map(|id| address(&wanted, Some(("before", &id))));
    let next = after.map(|id| address(&wanted, Some(("after", &id))));
    view! {
        <Page title="Users">
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice />
            <SearchForm wanted=wanted.clone() clears=wanted.is_narrow() || !is_understood />
            {(!is_understood).then(|| view! { <Misunderstood problems several=Vec::new() /> })}
            {(is_understood && is_empty).then(|| view! { <Nobody wanted=wanted.clone() from_the_first /> })}
            {(!is_empty).then(|| view! {
                <p class="help">{shown}</p>
                <Turn first before next />
                <Table label="Users" columns=&["Name", "Email", "Role", "State", "Created"]>
                    {people.into_iter().map(|person| view! { <UserRow person /> }).collect_view()}
                </Table>
            })}
        </Page>
    }
}

/// A form that reads: what it sends stands in the address.
#[component]
fn SearchForm(wanted: Wanted, clears: bool) -> impl IntoView {
    let clear = clears.then(|| view! { <Link href=PATH class="button quiet">"Clear"</Link> });
    let Wanted { words, role, state, order } = wanted;
    let roles = Role::VARIANTS.iter().map(|one| (one.into_str(), role_words(*one))).collect();
    let states = State::VARIANTS.iter().map(|one| (one.into_str(), one.words())).collect();
    let orders = Order::VARIANTS.iter().map(|one| (one.into_str(), one.words())).collect();
    view! {
        <form class="filter" method="get" action=PATH role="search">
            <SearchField name="q" label="Name or email" value=words maxlength=SEARCH_CHARS_MAX help=SEARCH_HELP />
            <SelectField name="role" label="Role" all="All" options=roles chosen=role.map_or("", Role::into) />
            <SelectField name="state" label="State" all="All" options=states chosen=state.map_or("", State::into) />
            <SelectField name="sort" label="Order" options=orders chosen=order.into_str() />
            <div class="buttons">
                <button type="submit" class="button">"Search"</button>
                {clear}
            </div>
        </form>
    }
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::User => "Users",
        Role::Auditor => "Auditors",
        Role::Admin => "Administrators",
    }
}

#[component]
fn Nobody(wanted: Wanted, from_the_first: bool) -> impl IntoView {
    let why = match (from_the_first, wanted.is_narrow(), wanted.words.is_empty()) {
        (false, ..) => "There are no more users here.".to_owned(),
        (true, true, false) => format!("No users match “{}” with these filters.", wanted.words),
        (true, true, true) => "No users match these filters.".to_owned(),
        (true, false, _) => "There are no users yet.".to_owned(),
    };
    view! { <Empty why next=Some((PATH, "Show all users")) /> }
}

/// How many are shown, and whether there are others: to count a million would take longer than to show a page.
fn shown(list: &List) -> String {
    let count = counted(list.people.len(), "user", "users");
    match (list.before.is_some(), list.after.is_some()) {
        (false, false) => count,
        (false, true) => format!("First {count}. There are more."),
        (true, true) => format!("{count}. There are more before and after."),
        (true, false) => format!("Last {count}."),
    }
}

/// Of a neighbour, with everything that is in force.
fn address(wanted: &Wanted, place: Option<(&str, &str)>) -> String {
    let order = Some(wanted.order).filter(|order| *order != Order::default());
    let parts = [
        ("q", &*wanted.words),
        ("role", wanted.role.map_or("", Role::into)),
        ("state", wanted.state.map_or("", State::into)),
        ("sort", order.map_or("", Order::into)),
        place.unwrap_or_default(),
    ];
    turn::address(PATH, &parts)
}

#[component]
fn UserRow(person: Person) -> impl IntoView {
    let Person { id, name, email, role, disabled, verified, second_factor, created_at } = person;
    view! {
        <Row>
            <Cell label="Name"><Link href=format!("{PATH}/{id}")>{name}</Link></Cell>
            <Cell label="Email">{email}</Cell>
            <Cell label="Role">{role.words()}</Cell>
            <Cell label="State">
                <span class="badges">
                    {match disabled {
                        true => view! { <span class="badge warning">"Disabled"</span> },
                        false => view! { <span class="badge">"Active"</span> },
                    }}
                    {(!verified).then(|| view! { <span class="badge quiet">"Email not confirmed"</span> })}
                    {second_factor.then(|| view! { <span class="badge quiet">"2FA"</span> })}
                </span>
            </Cell>
            <Cell label="Created"><Ago ms=created_at /></Cell>
        </Row>
    }
}
