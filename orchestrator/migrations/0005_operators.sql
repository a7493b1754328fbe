-- expand: what operators did
-- Each row carries a MAC over itself and the row before (orchestrator/operator_log/log_chain.h). The reason is free text
-- and stands beside, so that it can be erased and the chain still be verified. Append-only: roles/runtime.sql grants the
-- program no more than that.
CREATE TABLE operator_log (
  shard         smallint    NOT NULL,
  number        bigint      NOT NULL CHECK (number >= 1),
  at            timestamptz NOT NULL,
  by            text        NOT NULL,
  from_address  text        NOT NULL,
  verb          text        NOT NULL,
  subject       text        NOT NULL,
  version       bigint      NOT NULL,
  before        text        NOT NULL,
  after         text        NOT NULL,
  reason_digest text        NOT NULL,
  mac           text        NOT NULL,
  PRIMARY KEY (shard, number)
);
CREATE INDEX operator_log_newest ON operator_log (at DESC, shard DESC, number DESC);
CREATE INDEX operator_log_of_subject ON operator_log (subject, at DESC);

CREATE TABLE operator_log_reasons (
  shard  smallint NOT NULL,
  number bigint   NOT NULL,
  reason text     NOT NULL,
  PRIMARY KEY (shard, number)
);

-- The last row of each shard's chain, so that a tail that has been cut off is seen.
CREATE TABLE operator_log_heads (
  shard  smallint PRIMARY KEY,
  number bigint   NOT NULL,
  mac    text     NOT NULL
);

-- Participants that nobody may be asked for: every owner reads them with its leases. One that is over is kept: sagas that
-- stood still meanwhile are given as much more time.
CREATE TABLE participant_holds (
  participant text        NOT NULL,
  since       timestamptz NOT NULL,
  until       timestamptz,
  by          text        NOT NULL,
  reason      text        NOT NULL,
  PRIMARY KEY (participant, since)
);
