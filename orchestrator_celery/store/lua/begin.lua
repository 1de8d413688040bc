-- Purpose: starts a run that was created with a delay, once its time has come by the store's clock.
-- KEYS: 1 root key of the run
-- ARGV: 1 error with which the run fails if it has expired before its start
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} it has started
--          | {'held'} it is suspended or interrupted | {'early'} its time has not come
-- include: everything begin_run resend asked once
if not status then return reply('gone') end
local waits_still, eta, expires = unpack(redis.call('HMGET', root, HEAD.waits, HEAD.eta, HEAD.expires))
if not waits_still then return reply('stale') end
if held then return reply('held') end
if tonumber(eta) > tonumber(now) then return reply('early') end
waits = false
redis.call('HDEL', root, HEAD.waits)
if expires and tonumber(expires) <= tonumber(now) then
  local pool = get_pool('0')
  if pool then pool.gone = true end
  put_ended('0', STATE.failed, 0, created, '', ARGV[1])
  emit('failed', '0', EVENT.attempt, 0)
  call_back('0', STATE.failed, callbacks_of(definition_of('0')), '0')
  finish_run(STATE.failed, '0')
else
  begin_run()
end
return reply('ok')
