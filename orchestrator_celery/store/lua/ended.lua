-- Purpose: Celery has been told the run's outcome; once no callback is under way, the run has a time to live.
-- KEYS: 1 root key of the run
-- ARGV: 1 seconds to keep it  2 attempt of the message that told it
-- RETURNS: {'ok', {}, over} over: 1 when nothing of it is under way | {'gone'} no such run
--          | {'stale'} it was told before, or what was told is the end before a retry
-- include: run reply send live attempts debts
if not status then return reply('gone') end
local l = get_live('$')
if not l or tonumber(ARGV[2]) <= passed('$') then return reply('stale') end
redis.call('HDEL', LIVE, '$')
local place = emit('closed', '$')
redis.call('HSET', root, 'closed', now, 'keep', ARGV[1], 'told', l.attempt .. ' ' .. place)
pay('reset') -- whatever Celery knew of an end before this one
retiring = ARGV[1]
return reply('ok', (under_way() or redis.call('HEXISTS', root, 'owed') == 1) and 0 or 1)
