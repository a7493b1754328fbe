SELECT item_id, name, unit_price_minor, currency, stock FROM products WHERE item_id = $1
