-- The texts of all runs, in blocks of strings, so that a search looks at many runs with one command. `<index>:texts` has the
-- blocks by the earliest time in them, and `<index>:text:<start>` has the lines of a block, in the order of time and id:
--   line = time (15 digits) run '\31' name '\31' [ id '\31' name, in lower case, if that differs ] '\30'
-- A name that begins with '\29' is cut.
-- KEYS: 1 the key of the index
local base = KEYS[1]
local texts_key = base .. ':texts'
local LINE, NAME, CUT = '\30', '\31', '\29'
local TIME = 15

local function text_key(start) return base .. ':text:' .. start end

-- The start of the block with the runs up to a time, '(' before it excludes the time itself.
local function block_of(time) return redis.call('ZREVRANGEBYSCORE', texts_key, time, '-inf', 'LIMIT', 0, 1)[1] end
