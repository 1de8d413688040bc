-- Purpose: Celery has been told the run's outcome; once no callback is under way, the run has a time to live.
-- KEYS: 1 root key of the run
-- ARGV: 1 seconds to keep it
-- RETURNS: {'ok', {}, over} over: 1 when nothing of it is under way | {'gone'} no such run
-- include: run reply
if not status then return reply('gone') end
redis.call('HDEL', LIVE, '$')
redis.call('HSET', root, 'closed', now, 'keep', ARGV[1])
emit('closed', '$')
retiring = ARGV[1]
return reply('ok', under_way() and 0 or 1)
