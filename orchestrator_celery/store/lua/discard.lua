-- Purpose: takes back a run whose first messages could not be published, so that the refused call leaves nothing.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok'} | {'gone'} no such run
-- include: run reply
if not status then return reply('gone') end
redis.call('UNLINK', unpack(every_key()))
return reply('ok')
