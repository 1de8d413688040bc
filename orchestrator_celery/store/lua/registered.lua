-- Purpose: what became of registered runs: one was created, others were not, or are no more.
-- KEYS: 1 root key of the signature
-- ARGV: 1 the run that was created, or ''  then runs that are no more
-- RETURNS: {'ok'} | {'gone'} no such signature
-- include: run reply signature
if not (status or saved) then return reply('gone') end
if ARGV[1] ~= '' then redis.call('HDEL', root, 'new:' .. ARGV[1]) end
for i = 2, #ARGV do
  redis.call('HDEL', root, 'new:' .. ARGV[i])
  redis.call('ZREM', RUNS, ARGV[i])
end
return reply('ok')
