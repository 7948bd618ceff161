-- What a browser was given and may use once.

-- Half log-ins (the password was right) whose code has come. They are sealed cookies; the row keeps a copy from working
-- again.
create table used_half_log_ins (
    id text primary key,                 -- random, sealed in the cookie
    expires_at bigint not null           -- the cookie is too old then anyway
);
create index used_half_log_ins_by_age on used_half_log_ins (expires_at);

-- Links that make the first administrator.
create table setup_links (
    token_hash text primary key,         -- SHA-256 of the token in the link
    expires_at bigint not null           -- it opens nothing any more
);
