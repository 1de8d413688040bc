-- Purpose: Celery was told that a run was cancelled: nothing of it is left.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok'} | {'gone'} no such run, or it was not cancelled
-- include: run reply
if not cancelled then return reply('gone') end
redis.call('UNLINK', root)
return reply('ok')
