-- What kind a mail is, so that nothing has to be read out of its JSON.
alter table outbox add column kind text not null default '-';    -- Mail::as_text; -: written by a server from before
update outbox set kind = 'guessing' where mail like '{"kind":"news","news":"guessing"%';
update outbox set kind = 'email_changed' where mail like '{"kind":"news","news":"email_changed"%';
update outbox set kind = 'second_factor_goes' where mail like '{"kind":"second_factor_goes"%';
