-- Purpose: Celery has been told the run's outcome; once no callback is under way, the run has a time to live.
-- KEYS: 1 root key of the run
-- ARGV: 1 seconds to keep it
-- RETURNS: {'ok', {}, over} over: 1 when nothing of it is under way | {'gone'} no such run
-- include: run
if not status then return reply('gone') end
redis.call('HDEL', LIVE, '$')
redis.call('HSET', root, 'closed', now, 'keep', ARGV[1])
emit('closed', '$')
local over = redis.call('HLEN', LIVE) == 0
if over then retiring = ARGV[1] end
return reply('ok', over and 1 or 0)
