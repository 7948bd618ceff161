-- Sessions that are remembered, and whose secret changes while they live.

alter table sessions add column remembered_at bigint;       -- set: "remember me" was chosen; longer limits, and a cookie that outlives the browser
alter table sessions add column secret_role text not null default 'user'; -- the role that this secret was given for; another one asks for a new secret
alter table sessions add column previous_id_hash text;      -- SHA-256 of the secret before this one
alter table sessions add column rotated_at bigint;          -- when this secret took its place; the one before still reads for 10 s
alter table sessions add column secret_used_at bigint;      -- first use of this secret: the browser has it, so whoever then sends the one before has a copy
create index sessions_by_previous on sessions (previous_id_hash);
