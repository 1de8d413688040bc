-- Purpose: deletes every key of a run that is over, or of a signature that a purge has claimed.
-- KEYS: 1 root key
-- ARGV: 1 '1' for the signature itself
-- RETURNS: {'ok'} | {'gone'} there is no such run or signature | {'state'} it is live, or not claimed
-- include: base signature
if not (status or saved) then return reply('gone') end
if ARGV[1] == '1' and not claim then return reply('state') end
if status and redis.call('PTTL', root) < 0 then return reply('state') end
redis.call('UNLINK', root .. KEY.answers, root .. KEY.document, unpack(every_key()))
return reply('ok')
