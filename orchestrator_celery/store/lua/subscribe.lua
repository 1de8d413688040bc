-- Purpose: adds a rule: whom to tell of changes of status. The store's clock says since when.
-- KEYS: 1 key of the app's rules
-- ARGV: 1 name  2 the rule: its id, a space, and the rest  3 most rules
-- RETURNS: {'ok'} also if the same rule was added before | {'exists'} the name is taken | {'full'} there are too many rules
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and known:match('^%S+ (.*)$') == ARGV[2] then return { 'ok' } end
if known then return { 'exists' } end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return { 'full' } end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
return { 'ok' }
