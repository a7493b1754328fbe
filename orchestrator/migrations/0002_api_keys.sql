-- expand: API keys of clients and people
-- The text of a key is never stored: who reads this table can use none of them. A slow hash would protect a password that
-- a person has thought of; these secrets are 256 random bits.
CREATE TABLE api_keys (
  id           text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
  client       text        NOT NULL,
  scopes       text[]      NOT NULL CHECK (cardinality(scopes) > 0),
  note         text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by   text        NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  revoked_by   text        NOT NULL DEFAULT '',
  last_used_at timestamptz
);

-- A key that is being rotated has two.
CREATE TABLE api_key_secrets (
  sha256     text        PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  key_id     text        NOT NULL REFERENCES api_keys,
  good_until timestamptz
);
CREATE INDEX api_key_secrets_of_key ON api_key_secrets (key_id);
