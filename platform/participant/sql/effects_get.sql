SELECT * FROM effects WHERE action_key = $1
