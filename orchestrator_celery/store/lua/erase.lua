-- Purpose: deletes what is left of a cancelled run, once Celery was told.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok'} | {'gone'} there is no such run, or it was not cancelled
-- include: base
if not cancelled then return reply('gone') end
redis.call('UNLINK', unpack(every_key()))
return reply('ok')
