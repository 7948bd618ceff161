-- What an administrator has disabled its owner doesn't enable again.
alter table clients add column disabled_by text not null default '';   -- the actor, as in the audit log; of one that isn't, of the last time
