-- Purpose: starts a run that was created with a delay, once its time has come by the store's clock.
-- KEYS: 1 root key of the run
-- ARGV: 1 error with which the run fails if it has expired before its start
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} it has started | {'held'} it is suspended or interrupted
--          | {'early'} its time has not come
-- include: everything begin_run
if not status then return reply('gone') end
local facts = redis.call('HMGET', root, 'waits', 'eta', 'expires')
if not facts[1] then return reply('stale') end
if held then return reply('held') end
if tonumber(facts[2]) > tonumber(now) then return reply('early') end
waits = false
redis.call('HDEL', root, 'waits')
if facts[3] and tonumber(facts[3]) <= tonumber(now) then
  local p = get_pool('0')
  if p then p.gone = true end
  redis.call('HSET', DONE, '0', table.concat({ 'F', 0, born, now, '' }, '|') .. '\n' .. ARGV[1])
  emit('failed', '0', 'a', 0)
  callbacks('0', 'F', counts_of(definition('0')), '0')
  finish_run('F', '0')
else
  begin_run()
end
return reply('ok')
