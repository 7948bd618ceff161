-- An application may ask for ID tokens signed with RS256, beside access tokens signed with anything: OpenID Connect has
-- every client verify that. The keys for it are a line of their own, made when the first application asks.
alter table signing_keys add column purpose text not null default 'all';   -- all | id_tokens: verifies no access token
alter table clients add column id_token_alg text not null default '';      -- RS256; empty: that of access tokens
