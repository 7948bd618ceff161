-- What administrators need: an audit log that proves itself, lists that stay fast with a million users, one switch that
-- ends everybody's sessions.

-- The chain. An event is written with its act, in one transaction; a moment later it is sealed: it gets its place and a
-- keyed hash over itself and the one before it. What may have to be forgotten with an account (address, browser, words,
-- details) stands in the chain as a salted digest, so that it can be blanked and the chain still holds.
alter table audit_events add column seq bigint;                       -- place in the chain, from 1 without a gap; null: not sealed yet
alter table audit_events add column salt text not null default '';    -- random, blanked with what it salts: no digest of a blanked address can be tried out
alter table audit_events add column private_digest text not null default ''; -- SHA-256 of salt, ip, device, reason and details
alter table audit_events add column mac text not null default '';     -- HMAC-SHA-256 under the secret key, over the row and the mac before it
create unique index audit_events_by_seq on audit_events (seq);
create index audit_events_unsealed on audit_events (id) where seq is null;
create index audit_events_by_event on audit_events (event, id);
create index audit_events_by_actor on audit_events (actor, id);

-- The end of the chain: the one row that whoever seals locks. Rows that are missing at the end are found by it.
create table audit_chain (
    id bigint primary key,
    seq bigint not null,                 -- of the newest sealed event
    mac text not null                    -- of that event
);
insert into audit_chain (id, seq, mac) values (1, 0, '');

-- Counted as events are sealed, each once: charts read thirty rows and not a month of the log.
create table daily_counts (
    day bigint not null,                 -- days since the Unix epoch, UTC
    event text not null,
    count bigint not null,
    primary key (day, event)
);

-- How a list of a million people is searched: the words of names and addresses, each for a look-up by its beginning.
-- Bytes, because text is compared by the rules of a language on PostgreSQL and a range would miss some.
alter table users add column words_at bigint;       -- when the words below were last made; null: at the next start
create index users_without_words on users (id) where words_at is null;
create table user_words (
    user_id text not null references users (id),
    word bytea not null,                 -- UTF-8, lower case by Rust
    primary key (user_id, word)          -- whether a person has a word that begins so
);
create index user_words_by_word on user_words (word, user_id); -- who has one
create index users_by_search_text on users (search_text, id); -- lists sorted by name
create index users_special on users (role, id) where role <> 'user';
-- The column of the condition stands in them, too, or SQLite reads the row to see it again.
create index users_disabled on users (id, disabled_at) where disabled_at is not null;
create index users_unverified on users (id, verified_at) where verified_at is null;

-- The epoch of everybody, beside that of each user: raising it ends every session and token at once, however many
-- there are. A session keeps the one that it began in, and its tokens carry it. The tombstones follow in small steps.
alter table sessions add column global_epoch bigint not null default 0;
create table global_epoch (
    epoch bigint primary key,            -- the greatest is the one that counts
    raised_at bigint not null,
    actor text not null,                 -- user id, or `cli`; the reason is in the audit log
    sessions bigint,                     -- that were live at that moment; null: not counted yet
    marked bigint not null,              -- that carry their tombstone by now: they are dead without it
    finished_at bigint                   -- set: all do
);
insert into global_epoch (epoch, raised_at, actor, sessions, marked, finished_at) values (0, 0, 'system', 0, 0, 0);
-- Live sessions are in the epoch that counts: lists of them, the newest first, and those of one address.
create index sessions_live on sessions (global_epoch, created_at, sid) where ended_at is null;
create index sessions_live_by_ip on sessions (global_epoch, ip, created_at, sid) where ended_at is null;
