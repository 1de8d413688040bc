-- Purpose: appends entries to the feed of all runs. Each entry has the number after that of the entry before it, so that a
--          reader sees a gap. The oldest of too many entries are dropped.
-- KEYS: 1 the feed's key
-- ARGV: 1 most entries that are kept  2.. the entries
-- RETURNS: {'ok'}
-- include: trail asked once
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local number = newest and tonumber(newest[2][2]) or 0
for i = 2, #ARGV do
  number = number + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', FEED.number, string.format('%.0f', number), FEED.entry, ARGV[i])
end
return reply('ok')
