-- The Lab: visits of people who try things out. Its users, sessions and revocations are in the tables of everybody, but in
-- a database of its own (on PostgreSQL a schema), where nobody else is; there alone these two tables are filled.
create table lab_visits (
    id_hash text primary key,            -- SHA-256 of the cookie
    user_id text not null references users (id), -- the demo user, made for this visit
    browser text not null,               -- the demo browser's cookies, sealed with the Lab's own key
    network text not null,               -- whose visit, for the limit per network; gone with the visit
    runs bigint not null,                -- experiments so far: a visit has a limit
    started_at bigint not null,
    ends_at bigint not null              -- everything of the visit is removed then
);
create index lab_visits_by_end on lab_visits (ends_at);

-- What the newest run of each experiment showed.
create table lab_runs (
    user_id text not null references users (id),
    experiment text not null,
    ran_at bigint not null,
    result text not null,                -- JSON, secrets masked
    primary key (user_id, experiment)
);
