-- What an administrator has disabled its owner doesn't enable again.
alter table clients add column disabled_by text not null default '';   -- whoever did so last: a user's id, or cli; empty: no one knows
