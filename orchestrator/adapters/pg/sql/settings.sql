-- name: decide
-- The first process decides; later ones find the decision made.
INSERT INTO settings (shards) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: get
SELECT shards FROM settings;
