-- Purpose: Celery has been told the run's outcome; from now on the run is history with a time to live.
-- KEYS: 1 root key of the run
-- ARGV: 1 seconds to keep it
-- RETURNS: {'ok'} | {'gone'} no such run
-- include: run
if not status then return reply('gone') end
redis.call('HDEL', LIVE, '$')
redis.call('HSET', root, 'closed', now)
emit('closed', '$')
local keys = { root, DEF, LIVE, DONE, POOL, EVENTS, root .. ':c' }
for token in (redis.call('HGET', root, 'segments') or ''):gmatch('%w+') do keys[#keys + 1] = DEF .. ':' .. token end
for _, key in ipairs(keys) do redis.call('EXPIRE', key, ARGV[1]) end
return reply('ok')
