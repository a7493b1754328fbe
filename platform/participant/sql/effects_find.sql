-- By either key: of the action, or of its compensation. The action's own comes first.
(SELECT * FROM effects WHERE action_key = $1)
UNION ALL
(SELECT * FROM effects WHERE compensation_key = $1 AND compensation_key <> '' AND action_key <> $1
 ORDER BY action_key)
LIMIT 1
