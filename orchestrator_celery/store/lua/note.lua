-- Purpose: a running swarm was given tasks of these names, for those who look for runs by task.
-- KEYS: 1 root key of the run
-- ARGV: each name, and what the task declares about its messages, or ''
-- RETURNS: {'ok'} | {'gone'} no such run
-- include: run reply
if not status then return reply('gone') end
for i = 1, #ARGV, 2 do -- what is known of a task stays known
  redis.call(ARGV[i + 1] == '' and 'HSETNX' or 'HSET', root, 'task:' .. ARGV[i], ARGV[i + 1])
end
return reply('ok')
