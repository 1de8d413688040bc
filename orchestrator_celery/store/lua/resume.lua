-- Purpose: a suspended or interrupted run goes on: what waits in its outbox is sent again, what was held back starts again.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects, delegated} | {'gone'} no such run
--          | {'state', {}, status} it is not suspended or interrupted, and none of its tasks is held back
-- include: run reply send live packed definition release debts delegated
if not status then return reply('gone') end
local entries, stopped = redis.call('HGETALL', LIVE), held
for i = 2, #entries, 2 do stopped = stopped or entries[i]:sub(1, 1) == 'H' end
if not stopped then return reply('state', status) end
if held then
  status = redis.call('HGET', root, 'before')
  redis.call('HSET', root, 'status', status)
  emit('status', '$', 's', status)
end
for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end -- a callback of a run that has ended goes on
release()
return reply('ok', followers())
