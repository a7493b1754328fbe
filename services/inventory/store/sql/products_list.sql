SELECT item_id, name, unit_price_minor, currency, stock FROM products ORDER BY item_id
