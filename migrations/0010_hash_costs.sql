-- What the stored passwords cost: the beginning of each hash, without salt and output, which have 22 and 43 letters. A log-in
-- must take the same time whatever the hash of the account costs, so every try costs one hash of each kind in use.
create index users_by_hash_cost on users ((case when length(password_hash) > 67 then substr(password_hash, 1, length(password_hash) - 67) else '' end));
