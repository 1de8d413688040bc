-- Purpose: goes on with a retry of a large run, one slice of the nodes that failed; or with the start of a run that has records of
--          items, one slice of the items. The last slice starts the run, unless it was suspended or interrupted meanwhile: then
--          its messages wait in the outbox.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects, more} more: 1 if another slice is needed | {'gone'} there is no such run
--          | {'stale'} no retry is going on
-- include: everything retries resend asked once
if not status then return reply('gone') end
local pending = redis.call('HGET', root, HEAD.retry)
if not pending then return reply('stale') end
left = cjson.decode(pending)
return reply('ok', retry_slice())
