-- What accounts need beyond a password: mails and their links, counted tries, known devices, a second factor.

alter table users add column deleted_at bigint;                     -- set: the person is gone; the row stays until its sessions have no reason left to tell
alter table users add column waiting_since bigint;                  -- set: made where a mail must confirm the address first; nobody gets in before
alter table audit_events add column device text not null default ''; -- browser and system in words

-- Mails that wait to be written. A row says what is to be told and to whom; the text, and every secret in it, is made
-- at the moment of sending, so that nothing here opens anything.
create table outbox (
    id text primary key,                 -- UUID v7: sorts by time
    email text not null,                 -- normalised; whom it goes to
    user_id text not null,               -- empty where the request must not find out whether there is one
    mail text not null,                  -- what to tell (JSON)
    created_at bigint not null,
    due_at bigint not null,              -- not before; moves on with each failure, and while an instance is sending
    attempts bigint not null,
    sent_at bigint,
    given_up_at bigint,
    last_error text not null default ''  -- of the mail server, cut
);
create index outbox_by_due on outbox (sent_at, given_up_at, due_at);

-- One-time links that went out by mail.
create table links (
    token_hash text primary key,         -- SHA-256 of the token in the mail
    purpose text not null,               -- verify | reset | new_email | not_me
    user_id text not null references users (id),
    email text not null,                 -- whom it was sent to, and so whose mailbox the holder reads
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint                       -- set: it opens nothing any more
);
create index links_by_user on links (user_id, purpose);

-- Tries that were counted before they were looked at.
create table throttles (
    key text primary key,                -- what is counted: way and account, or way and network address, hashed
    tries bigint not null,               -- since the last success, halved as time goes by
    last_at bigint not null,
    free_at bigint not null              -- no try is looked at before
);
create index throttles_by_age on throttles (last_at);

-- Browsers from which a user has logged in.
create table known_devices (
    device_hash text not null,           -- SHA-256 of the secret in the browser's device cookie
    user_id text not null references users (id),
    public_id text not null unique,      -- for lists and forms
    user_agent text not null,
    ip text not null,                    -- where it was seen last
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    trusted_until bigint,                -- set: no second factor is asked for before
    primary key (device_hash, user_id)
);
create index known_devices_by_user on known_devices (user_id);

create table totp (
    user_id text primary key references users (id),
    secret_sealed text not null,         -- AES-256-GCM under the secret key
    created_at bigint not null,
    confirmed_at bigint,                 -- set: log-in asks for a code
    last_step bigint not null            -- the newest 30-second step whose code was used: none counts twice (RFC 6238 5.2)
);

create table recovery_codes (
    code_hash text primary key,          -- keyed hash: the code is short enough to be tried out
    user_id text not null references users (id),
    created_at bigint not null,
    used_at bigint
);
create index recovery_codes_by_user on recovery_codes (user_id);
