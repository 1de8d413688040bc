-- Purpose: takes out the version of a signature that is deleted. A graph without a version is gone, and its name is free.
-- KEYS: 1 the app's names of graphs, by the time of their newest version
-- ARGV: 1 name  2 signature of the version
-- RETURNS: {'ok'} | {'gone'} the signature is not that of a version | {'newer', its format}
local versions_key = KEYS[1] .. ':' .. ARGV[1]
local format, newest, number = unpack(redis.call('HMGET', versions_key, 'format', 'newest', ARGV[2]))
if format and tonumber(format) > FORMAT.versions then return { 'newer', format } end
if not number then return { 'gone' } end
redis.call('HDEL', versions_key, number, ARGV[2])
if number ~= newest then return { 'ok' } end
local highest = 0
for _, field in ipairs(redis.call('HKEYS', versions_key)) do highest = math.max(highest, tonumber(field) or 0) end
if highest == 0 then
  redis.call('UNLINK', versions_key)
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  local field = string.format('%.0f', highest)
  redis.call('HSET', versions_key, 'newest', field)
  redis.call('ZADD', KEYS[1], redis.call('HGET', versions_key, field):match('^%d+'), ARGV[1])
end
return { 'ok' }
