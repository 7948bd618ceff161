-- Whoever has confirmed their password goes on reading administration as long as they do not stop for long.
alter table sessions add column overseen_at bigint;          -- when a page of administration was last read; null: never
-- The list of first steps on the overview of administration, each administrator's own.
alter table users add column first_steps text not null default '';  -- lab: has opened the Lab from there; away: not shown any more
