-- One text for SQLite and PostgreSQL: times are bigint milliseconds since the Unix epoch (UTC), states are
-- nullable timestamps (sqlx::Any has no booleans on SQLite), identifiers and sealed bytes are text.

create table users (
    id text primary key,                 -- public, never reused (UUID v7)
    email text not null unique,          -- the normalised form; uniqueness is decided here and nowhere else
    name text not null,                  -- as typed; escaped where it is shown
    search_text text not null,           -- name and e-mail, lower case by Rust: SQLite's lower() knows ASCII only
    password_hash text not null,         -- argon2id in PHC form, parameters included
    role text not null,                  -- user | admin
    epoch bigint not null,               -- raised when every credential of the user must die
    verified_at bigint,                  -- when the e-mail was confirmed
    disabled_at bigint,                  -- set: no credential of this user counts
    created_at bigint not null
);

create table sessions (
    id_hash text primary key,            -- SHA-256 of the cookie's secret: a leaked table opens nothing
    sid text not null unique,            -- public name of the session: lists, audit, JWT
    user_id text not null references users (id),
    data text not null,                  -- what the application keeps in the session (JSON)
    kind text not null,                  -- browser | native
    user_agent text not null,            -- raw, cut to 512 characters; shown in words only
    ip text not null,                    -- where it was started
    created_at bigint not null,
    authenticated_at bigint not null,    -- the last proof of identity, for acts that need a fresh one
    last_seen_at bigint not null,        -- written once a minute at most
    idle_expires_at bigint not null,     -- moves forward with use
    expires_at bigint not null,          -- absolute; never moves
    token_expires_at bigint,             -- when the newest access token of this session dies
    ended_at bigint,                     -- tombstone: a row is never deleted while somebody may ask why
    ended_by text,                       -- the user id of who ended it; empty when the system did
    end_reason text                      -- logged_out | replaced | by_user | by_admin | ...
);
create index sessions_by_user on sessions (user_id, ended_at);
create index sessions_by_end on sessions (expires_at);

-- The one row that every revocation locks and raises: sequence numbers become visible in the order in which
-- they were given, so that "everything after the last one I know" never misses a late commit.
create table revocation_clock (
    id bigint primary key,
    seq bigint not null
);
insert into revocation_clock (id, seq) values (1, 0);

create table revocations (
    seq bigint primary key,
    kind text not null,                  -- session | user
    subject text not null,               -- the sid, or the user id
    epoch bigint not null,               -- kind user: the least epoch that still counts; else 0
    reason text not null,                -- the same words as sessions.end_reason
    actor text not null,                 -- user id, `cli`, or `system`
    revoked_at bigint not null,
    keep_until bigint not null           -- after this no token that it could stop is alive
);
create index revocations_by_age on revocations (keep_until);

create table signing_keys (
    kid text primary key,                -- RFC 7638 thumbprint of the public key
    algorithm text not null,             -- ES256
    public_key text not null,            -- uncompressed point, base64url
    private_key_sealed text not null,    -- PKCS #8, AES-256-GCM under the secret key, base64url
    created_at bigint not null
);

create table audit_events (
    id text primary key,                 -- UUID v7: sorts by time
    at bigint not null,
    event text not null,
    actor text not null,                 -- user id, `cli`, `system`; empty when nobody is known
    subject text not null,               -- the user it happened to; empty when none
    sid text not null,
    ip text not null,
    reason text not null,                -- in the actor's own words
    details text not null                -- JSON
);
create index audit_events_by_subject on audit_events (subject, id);

create table notes (
    id text primary key,
    user_id text not null references users (id),
    title text not null,
    body text not null,
    search_text text not null,           -- title and body, lower case by Rust
    pinned_at bigint,
    version bigint not null,             -- raised by every change; the ETag, so that no tab overwrites another
    created_at bigint not null,
    updated_at bigint not null
);
create index notes_by_user on notes (user_id, updated_at);
