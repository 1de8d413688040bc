-- Purpose: marks a signature for deletion, or takes the mark back. Its runs continue.
-- KEYS: 1 root key of the signature
-- ARGV: 1 'after' milliseconds from now, 'at' milliseconds since the epoch, or 'restore'  2 the milliseconds, or ''
-- RETURNS: {'ok', {}, time of deletion} | {'gone'} there is no such signature, or a purge has claimed it
--          | {'state'} it cannot be restored, because it is not marked
-- include: base signature asked once
if not (status or saved) or claim then return reply('gone') end
if ARGV[1] == 'restore' then
  if not delete_at then return reply('state') end
  redis.call('HDEL', root, HEAD.delete_at)
  return reply('ok', '')
end
local moment = string.format('%.0f', (ARGV[1] == 'after' and tonumber(now) or 0) + ARGV[2])
redis.call('HSET', root, HEAD.delete_at, moment)
return reply('ok', moment)
