-- Notes are found by the beginnings of their words, as people are, and take no more room than a person may have.
alter table notes add column size bigint;    -- bytes of title, text and words below; null: the words are made at the next start
create table note_words (
    note_id text not null references notes (id) on delete cascade,
    word bytea not null,                     -- UTF-8, folded as in user_words
    primary key (note_id, word)              -- whether a note has a word that begins so
);
create index notes_without_words on notes (id) where size is null;
-- What a list is sorted by and what a person has used, without a look at any text.
create index notes_listed on notes (user_id, updated_at, pinned_at, size, id);
create index notes_by_owner on notes (user_id, id);
drop index notes_by_user;
alter table notes drop column search_text;

-- What retention has removed from the old end of the audit log, said under the key of the chain: without it whatever is
-- missing there was removed by somebody else. One row per key; it grows with each removal.
create table audit_removed (
    first_seq bigint primary key,            -- the least number that was removed
    last_seq bigint not null,                -- the greatest
    last_mac text not null,                  -- of that event: the chain goes on from it
    events bigint not null,                  -- that were there
    unfit bigint not null,                   -- numbers without an event, and events that were not as sealed
    unchecked bigint not null,               -- sealed with another key, which a server has not
    until_at bigint not null,                -- time of the newest of them
    removed_at bigint not null,              -- when the last of them was
    seal text not null                       -- HMAC over all of it
);
