-- For audits: all effects of a range of orders, page by page. And for finding an effect by its compensation's key.
CREATE INDEX effects_in_order ON effects (order_id, action_key);
DROP INDEX effects_of_order;
CREATE INDEX effects_by_compensation ON effects (compensation_key) WHERE compensation_key <> '';
-- For the purge of tombstones.
CREATE INDEX effects_voided ON effects (not_after) WHERE state = 'voided';
