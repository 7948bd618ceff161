-- Signing keys that live: next, signing, retired, dead. Every instance computes the state of a key from these columns
-- and the time, so that none has to be told.
--
-- `algorithm` is ES256, EdDSA, RS256 or HS256 from here on. `public_key` is base64url of the uncompressed point (ES256),
-- the 32 bytes (EdDSA) or the RSAPublicKey of RFC 8017 (RS256), and empty for HS256, whose kid is random.
-- `private_key_sealed` is empty once the key is killed or long dead: it signs nothing and is never loaded.

alter table signing_keys add column signs_from bigint not null default 0;  -- published before, retired when the next one's has come
update signing_keys set signs_from = created_at;

alter table signing_keys add column killed_at bigint;                      -- set: dead from then on, whatever the other times say
alter table signing_keys add column kill_reason text not null default '';  -- in the killer's own words; who it was is in the audit log
