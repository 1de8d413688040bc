-- Purpose: deletes a run whose first messages could not be published, so that the refused call leaves nothing.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base
if not status then return reply('gone') end
redis.call('UNLINK', root .. KEY.answers, unpack(every_key()))
return reply('ok')
