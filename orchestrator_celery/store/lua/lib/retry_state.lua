-- What a retry has still to look at, the next one last: `{ node }`, `{ steps, size, next }`, or `{ pool, ... }` with the count of its
-- items. And the functions of the part `retrying`.
local left = {}
local retry_slice, take_back, why_it_stays
