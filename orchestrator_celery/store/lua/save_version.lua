-- Purpose: adds a version to a graph, unless somebody has saved another version since the caller read it.
-- KEYS: 1 the app's names of graphs, by the time of their newest version
-- ARGV: 1 name  2 number of the version that the caller has changed, 0 for none; '' not to compare
--       3 signature of the new version  4 its facts
-- RETURNS: {'ok', number, time} also if the same signature was added before
--          | {'changed', number of the newest version, or 0} | {'newer', its format}
local versions_key = KEYS[1] .. ':' .. ARGV[1]
local format, last, newest, known = unpack(redis.call('HMGET', versions_key, 'format', 'last', 'newest', ARGV[3]))
if format and tonumber(format) > FORMAT.versions then return { 'newer', format } end
if known then return { 'ok', known, redis.call('HGET', versions_key, known):match('^%d+') } end
if ARGV[2] ~= '' and tonumber(ARGV[2]) ~= tonumber(newest or 0) then return { 'changed', newest or '0' } end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local number = string.format('%.0f', (last or 0) + 1)
redis.call('HSET', versions_key, 'format', FORMAT.versions, 'last', number, 'newest', number,
  number, now .. ' ' .. ARGV[4], ARGV[3], number)
redis.call('ZADD', KEYS[1], now, ARGV[1])
return { 'ok', number, now }
