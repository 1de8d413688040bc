-- What a retry has still to look at, the next one last: `{ node }`, `{ steps, size, next }`, or `{ pool, ... }` with the count of its
-- items.
local left = {}
