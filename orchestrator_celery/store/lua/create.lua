-- Purpose: makes an uploaded run exist, at once and whole, and starts its first leaves, unless its head names a later `eta`.
-- KEYS: 1 root key of the run
-- ARGV: 1 token of the upload  2 fields in the head  3 token of records that are taken over from another run, or ''
--       then the head's fields as name, value, ...
-- RETURNS: {'ok', effects, created in ms} | {'exists', {}, ended, digest, status} the id is known: the upload is dropped, nothing
--          starts; ended: 1 when that run needs no look any more; digest: of its definition | {'expired'} the upload is gone
-- include: everything begin_run
local upload, records = DEF .. ':' .. ARGV[1], ARGV[3] ~= '' and DEF .. ':' .. ARGV[3] or nil
if status or cancelled then
  redis.call('UNLINK', upload, records or upload)
  return reply('exists', cancelled and 0 or redis.call('HEXISTS', root, 'keep'), redis.call('HGET', root, 'digest') or '',
    status or 'CANCELLED')
end
if redis.call('EXISTS', upload, records or upload) < 2 then return reply('expired') end
redis.call('RENAME', upload, DEF)
redis.call('PERSIST', DEF)
born = now
redis.call('HSET', root, 'status', 'PENDING', 'created', born, 'done', 0, 'failed', 0)
for i = 4, 2 + 2 * tonumber(ARGV[2]), 2 do redis.call('HSET', root, ARGV[i], ARGV[i + 1]) end
head = redis.call('HMGET', root, 'window', 'events', 'eta', 'base')
if records then
  redis.call('RENAME', records, DONE)
  redis.call('PERSIST', DONE)
  redis.call('HSET', root, 'ahead', 1)
  ahead = '1'
end
window, max_events, base = tonumber(head[1]), head[2], tonumber(head[4]) or 0
emit('status', '$', 's', 'PENDING')
if head[3] and tonumber(head[3]) > tonumber(now) then
  wait_for_start() -- until `begin`
else
  begin_run()
end
return reply('ok', now)
