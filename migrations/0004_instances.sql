-- The processes that serve, and how far each has heard of revocations: a force-logout waits for their word.

create table instances (
    id text primary key,                 -- made anew at each start (UUID v7)
    name text not null,                  -- LATCHKEY_INSTANCE: what an administrator calls it
    started_at bigint not null,
    seen_at bigint not null,             -- written every second or two; older than ten seconds means gone
    seq bigint not null                  -- every revocation up to this number is in its memory
);
