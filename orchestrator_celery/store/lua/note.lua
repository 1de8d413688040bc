-- Purpose: records names of tasks that were added to a running swarm, so that the run is found by them.
-- KEYS: 1 root key of the run
-- ARGV: 1.. of each task: its name, and what the task declares about its messages, or ''
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base
if not status then return reply('gone') end
for i = 1, #ARGV, 2 do -- a declaration that is known stays
  redis.call(ARGV[i + 1] == '' and 'HSETNX' or 'HSET', root, HEAD_PREFIX.task .. ARGV[i], ARGV[i + 1])
end
return reply('ok')
