-- Purpose: removes a rule, unless another one has its name by now.
-- KEYS: 1 key of the app's rules
-- ARGV: 1 name  2 id
-- RETURNS: {'ok'} | {'gone'} there is no such rule
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or known:match('^%S+ (%S+)') ~= ARGV[2] then return { 'gone' } end
redis.call('HDEL', KEYS[1], ARGV[1])
return { 'ok' }
