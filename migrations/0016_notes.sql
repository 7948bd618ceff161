-- A note whose answer was lost is created once, however often it is sent.
alter table notes add column made_under text;    -- the Idempotency-Key of the request; null: it came without
create unique index notes_made_under on notes (user_id, made_under) where made_under is not null;

-- Words are found with and without their accents. Other texts than plain Latin ones get their words anew at the next start.
update users set words_at = null where octet_length(search_text) > length(search_text);
update notes set size = null where octet_length(title) > length(title) or octet_length(body) > length(body);
