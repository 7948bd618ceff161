-- "This was not me" from a mailbox takes a young second factor away after some days, unless somebody calls it off.
alter table totp add column goes_at bigint;           -- set: from then on it is as if the row were not there
alter table recovery_codes add column goes_at bigint; -- as in totp
create index totp_by_removal on totp (goes_at) where goes_at is not null;
create index recovery_codes_by_removal on recovery_codes (goes_at) where goes_at is not null;

-- Words of names are cut at other places now: marks belong to the letter before them. Other names than those in plain
-- Latin letters get their words anew at the next start.
update users set words_at = null where octet_length(search_text) > length(search_text);
