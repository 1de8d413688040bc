-- Purpose: makes an uploaded signature exist, at once and whole.
-- KEYS: 1 root key of the signature
-- ARGV: 1 token of the upload  2 milliseconds until it is deleted, or ''  3.. fields of the head: name, value, ...
-- RETURNS: {'ok', {}, time of deletion, or ''} | {'expired'} the upload was dropped
-- include: base asked once
local upload = definitions_key .. ':' .. ARGV[1]
if redis.call('EXISTS', upload) == 0 then return reply('expired') end
redis.call('RENAME', upload, definitions_key)
redis.call('PERSIST', definitions_key)
redis.call('PERSIST', root .. KEY.document)
redis.call('HSET', root, HEAD.format, FORMAT.version, HEAD.saved, now)
for i = 3, #ARGV, 2 do redis.call('HSET', root, ARGV[i], ARGV[i + 1]) end
local delete_at = ''
if ARGV[2] ~= '' then
  delete_at = string.format('%.0f', now + ARGV[2])
  redis.call('HSET', root, HEAD.delete_at, delete_at)
end
return reply('ok', delete_at)
