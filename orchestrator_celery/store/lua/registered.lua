-- Purpose: records which registered run was created, and which runs were not or are gone.
-- KEYS: 1 root key of the signature
-- ARGV: 1 the run that was created, or ''  2.. runs that are gone
-- RETURNS: {'ok'} | {'gone'} there is no such signature
-- include: base signature
if not (status or saved) then return reply('gone') end
if ARGV[1] ~= '' then redis.call('HDEL', root, HEAD_PREFIX.new .. ARGV[1]) end
for i = 2, #ARGV do
  redis.call('HDEL', root, HEAD_PREFIX.new .. ARGV[i])
  redis.call('ZREM', runs_key, ARGV[i])
end
return reply('ok')
