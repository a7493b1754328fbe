SELECT item_id, name, unit_price_minor, currency, stock, initial_stock, restocked FROM products WHERE item_id = $1
