-- Purpose: a running swarm was given tasks of these names, for those who look for runs by task.
-- KEYS: 1 root key of the run
-- ARGV: names
-- RETURNS: {'ok'} | {'gone'} no such run
-- include: run reply
if not status then return reply('gone') end
for i = 1, #ARGV do redis.call('HSET', root, 'task:' .. ARGV[i], '') end
return reply('ok')
