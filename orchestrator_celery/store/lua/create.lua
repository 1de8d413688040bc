-- Purpose: makes an uploaded run exist, at once and whole, and starts its first leaves.
-- KEYS: 1 root key of the run
-- ARGV: 1 token of the upload  2 fields in the head  3 token of records that are taken over from another run, or ''
--       then the head's fields as name, value, ...
-- RETURNS: {'ok', effects, created in ms} | {'exists', {}, ended} the id is known: the upload is dropped, nothing starts;
--          ended: 1 when that run needs no look any more | {'expired'} the upload is gone
-- include: everything
local upload, records = DEF .. ':' .. ARGV[1], ARGV[3] ~= '' and DEF .. ':' .. ARGV[3] or nil
if status or cancelled then
  redis.call('UNLINK', upload, records or upload)
  return reply('exists', cancelled and 0 or redis.call('HEXISTS', root, 'keep'))
end
if redis.call('EXISTS', upload, records or upload) < 2 then return reply('expired') end
redis.call('RENAME', upload, DEF)
redis.call('PERSIST', DEF)
born = now
redis.call('HSET', root, 'status', 'PENDING', 'created', born, 'done', 0, 'failed', 0)
for i = 4, 2 + 2 * tonumber(ARGV[2]), 2 do redis.call('HSET', root, ARGV[i], ARGV[i + 1]) end
head = redis.call('HMGET', root, 'window', 'events', 'input', 'limit')
if records then
  redis.call('RENAME', records, DONE)
  redis.call('PERSIST', DONE)
  redis.call('HSET', root, 'ahead', 1)
  ahead = '1'
end
window, max_events = tonumber(head[1]), head[2]
if head[4] then redis.call('HSET', root, 'deadline', string.format('%.0f', now + head[4])) end
emit('status', '$', 's', 'PENDING')
activate('0', head[3] and 'in' or '')
return reply('ok', now)
