-- The address that an account is to have, for its owner to see until the link was opened. It is here whether the address is
-- free or not: what is shown must not tell who has an account.
create table email_changes (
    user_id text primary key references users (id),
    email text not null,
    asked_at bigint not null
);
create index email_changes_by_age on email_changes (asked_at);
