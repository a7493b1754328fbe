SELECT item_id, unit_price_minor, currency FROM prices
