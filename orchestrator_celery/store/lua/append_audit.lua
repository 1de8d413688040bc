-- Purpose: appends an entry to the audit trail, and drops entries that are too old or too many.
-- KEYS: 1 the trail's key
-- ARGV: 1 the entry  2 milliseconds an entry is kept  3 most entries that are kept
-- RETURNS: {'ok'}
-- include: trail asked once
local oldest = math.max(0, now - ARGV[2])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[3], '*', 'entry', ARGV[1])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', oldest))
return reply('ok')
