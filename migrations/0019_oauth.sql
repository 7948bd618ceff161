-- Applications that log users in here, or call the API.
create table clients (
    id text primary key,                 -- client_id (UUID v7)
    owner_id text not null,              -- the user who registered it; the row outlives the account, blanked
    name text not null,
    kind text not null,                  -- web | spa | native | service
    redirects text not null,             -- where users may be sent back to, an address a line
    logouts text not null,               -- where they may be sent after a logout, an address a line
    backchannel_logout_uri text not null default '', -- where it is told that a user is logged out; empty: it is not
    scopes text not null,                -- what it may ask for, with blanks between
    epoch bigint not null,               -- raised when every token of it must end
    created_at bigint not null,
    disabled_at bigint,
    last_used_at bigint,                 -- written once a minute at most
    fetched_at bigint,                   -- when its document was read; null: it was registered here
    notice_at bigint,                    -- when it was last told that a user is logged out, or could not be
    notice_failure text                  -- why it could not; null: it was
);
create index clients_by_owner on clients (owner_id, id);

create table client_secrets (
    hash text primary key,               -- SHA-256 of 256 random bits; of a public key: of the application and the thumbprint
    client_id text not null references clients (id),
    prefix text not null,                -- how it begins, to tell two apart; of a public key: its thumbprint
    created_at bigint not null,
    expires_at bigint,                   -- null: it works until it's removed
    public_key text                      -- a JWK, which verifies assertions; null: it's a secret
);
create index client_secrets_by_client on client_secrets (client_id);

-- How often applications have called the API.
create table client_calls (
    client_id text not null references clients (id) on delete cascade,
    day bigint not null,                 -- in UTC, as days since 1970-01-01
    calls bigint not null,
    primary key (client_id, day)
);
create index client_calls_by_day on client_calls (day);

-- Assertions that applications have shown themselves with, so that none works twice.
create table client_assertions (
    hash text primary key,               -- of the application and the jti
    expires_at bigint not null
);
create index client_assertions_by_age on client_assertions (expires_at);

-- What a user has let an application do.
create table grants (
    id text primary key,                 -- UUID v7, also in the tokens
    client_id text not null references clients (id),
    user_id text not null,
    sid text not null,                   -- of the session that it ends with; empty: it outlives it
    log_in_sid text not null default '', -- of the session that the user was logged in with
    scopes text not null,
    resource text not null,              -- the audience of its tokens
    auth_time bigint not null,           -- when the user proved who they are, in seconds
    global_epoch bigint not null,        -- when that of everyone is raised, it is over
    user_agent text not null,
    ip text not null,
    created_at bigint not null,
    last_used_at bigint,                 -- null: its code was not redeemed yet
    refresh_until bigint,                -- until when its newest refresh token works
    ended_at bigint,
    end_reason text,                     -- as of sessions
    told_at bigint                       -- when it had ended and its application was told; null: either is to come
);
create index grants_by_user on grants (user_id, ended_at);
create index grants_by_client on grants (client_id, ended_at);
create index grants_by_log_in on grants (log_in_sid);
create index grants_to_tell on grants (global_epoch) where told_at is null;
create index grants_by_age on grants (created_at);

create table authorization_codes (
    hash text primary key,
    grant_id text not null references grants (id),
    redirect_uri text not null,
    challenge text not null,             -- PKCE, S256
    nonce text not null,                 -- of OpenID Connect; empty where none came
    expires_at bigint not null,
    used_at bigint
);
create index authorization_codes_by_grant on authorization_codes (grant_id);
create index authorization_codes_by_age on authorization_codes (expires_at);

-- The chain of a grant: each is used once and brings the next.
create table refresh_tokens (
    hash text primary key,
    grant_id text not null references grants (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    used_from text not null              -- the device of that use, in words, for who has to tell a thief
);
create index refresh_tokens_by_grant on refresh_tokens (grant_id);
create index refresh_tokens_by_age on refresh_tokens (expires_at);

-- The command line of this program (`latchkey login`) is an application, too. It belongs to no user.
insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at) values
    ('latchkey-cli', '', 'Latchkey command line', 'native', 'http://127.0.0.1/', '',
     'openid profile email account:read', 0, 1795824000000);

-- Devices that ask for a user (RFC 8628), until they have their tokens.
create table device_codes (
    hash text primary key,               -- SHA-256 of 256 random bits
    user_code text not null unique,      -- what the user types, as a keyed hash
    client_id text not null references clients (id),
    scopes text not null,
    resource text not null,
    user_agent text not null,            -- of the device, as is the address
    ip text not null,
    created_at bigint not null,
    expires_at bigint not null,
    interval_ms bigint not null,         -- between two questions; grows for who asks too often
    asked_at bigint,                     -- the last question
    grant_id text references grants (id),-- null: the user hasn't allowed it
    refused_at bigint,
    used_at bigint
);
create index device_codes_by_grant on device_codes (grant_id);
create index device_codes_by_age on device_codes (expires_at);

-- Word to an application that a user is logged out, on its way (OpenID Connect Back-Channel Logout). Gone once it was taken.
create table logout_notices (
    id text primary key,                 -- UUID v7
    client_id text not null references clients (id),
    user_id text not null,
    sid text not null,                   -- of the session that the user was logged in with
    act text not null,                   -- what it was queued with, for the receipt
    created_at bigint not null,
    due_at bigint not null,              -- of one that is being sent: when it is anyone's again
    attempts bigint not null
);
create index logout_notices_by_due on logout_notices (due_at);
create index logout_notices_by_client on logout_notices (client_id);
create index logout_notices_by_act on logout_notices (act);

-- How a session began, in the words of RFC 8176. A password there was always.
alter table sessions add column amr text not null default 'pwd';
