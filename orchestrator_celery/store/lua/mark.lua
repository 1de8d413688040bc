-- Purpose: a signature is to be deleted at a time, or is no longer; what runs of it goes on.
-- KEYS: 1 root key of the signature
-- ARGV: 1 'after' milliseconds from now, 'at' milliseconds since the epoch, or 'restore'  2 the milliseconds, or ''
-- RETURNS: {'ok', {}, delete_at} | {'gone'} no such signature, or a purge has claimed it
--          | {'state'} it is to be restored and is not marked
-- include: run reply signature
if not (status or saved) or claim then return reply('gone') end
if ARGV[1] == 'restore' then
  if not delete_at then return reply('state') end
  redis.call('HDEL', root, 'delete_at')
  return reply('ok', '')
end
local moment = string.format('%.0f', (ARGV[1] == 'after' and tonumber(now) or 0) + ARGV[2])
redis.call('HSET', root, 'delete_at', moment)
return reply('ok', moment)
