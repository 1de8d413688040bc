-- Purpose: makes an uploaded signature exist, at once and whole.
-- KEYS: 1 root key of the signature
-- ARGV: 1 token of the upload  2 milliseconds until it is deleted, or ''  then the head's fields as name, value, ...
-- RETURNS: {'ok', {}, when it is deleted in ms, or ''} | {'expired'} the upload is gone
-- include: run reply
local upload = DEF .. ':' .. ARGV[1]
if redis.call('EXISTS', upload) == 0 then return reply('expired') end
redis.call('RENAME', upload, DEF)
redis.call('PERSIST', DEF)
redis.call('HSET', root, 'saved', now)
for i = 3, #ARGV, 2 do redis.call('HSET', root, ARGV[i], ARGV[i + 1]) end
local delete_at = ''
if ARGV[2] ~= '' then
  delete_at = string.format('%.0f', now + ARGV[2])
  redis.call('HSET', root, 'delete_at', delete_at)
end
return reply('ok', delete_at)
