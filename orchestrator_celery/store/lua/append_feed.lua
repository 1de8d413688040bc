-- Purpose: appends entries to the feed of all runs. Each entry has the number after that of the entry before it, so that a
--          reader sees a gap. The oldest of too many entries are dropped.
-- KEYS: 1 the feed's key
-- ARGV: 1 most entries that are kept  2.. the entries
-- RETURNS: {'ok'}
-- include: trail records/feed asked once
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local number = number_of_entry(newest[1])
for i = 2, #ARGV do
  number = number + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', FEED.number, string.format('%.0f', number), FEED.entry, ARGV[i])
end
return reply('ok')
