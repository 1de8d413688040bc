-- Purpose: records that Celery was told the end of a run. Once no callback is under way, the run has a time to live.
-- KEYS: 1 root key of the run
-- ARGV: 1 seconds to keep it  2 attempt of the message that told Celery
-- RETURNS: {'ok', {}, over} over: 1 if nothing of it is under way | {'gone'} there is no such run
--          | {'stale', {}, over} Celery was told before, or of the end before a retry
-- include: base records/short_end records/ended attempts records/told side_effects
if not status then return reply('gone') end
local function is_over() return (under_way() or redis.call('HEXISTS', root, HEAD.owed) == 1) and 0 or 1 end
local live = get_live(PLACE.close)
if not live or tonumber(ARGV[2]) <= past_attempts(PLACE.close) then return reply('stale', is_over()) end
redis.call('HDEL', live_key, PLACE.close)
local place = emit('closed', PLACE.close)
redis.call('HSET', root, HEAD.closed, now, HEAD.keep, ARGV[1], HEAD.told, write_told(live.attempt, place))
pay(HEAD.reset) -- this end replaces an earlier one in Celery
retiring = ARGV[1]
return reply('ok', is_over())
