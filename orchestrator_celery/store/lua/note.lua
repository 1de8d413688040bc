-- Purpose: records names of tasks that were added to a running swarm, so that the run is found by them.
-- KEYS: 1 root key of the run
-- ARGV: 1.. names
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base
if not status then return reply('gone') end
for i = 1, #ARGV do redis.call('HSET', root, HEAD_PREFIX.task .. ARGV[i], '') end
return reply('ok')
