-- Purpose: closes an open pool: it takes no more items, at once or from when it has none left.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 '1' to close it when it has no items left
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'closed'} it was closed before, or has ended
--          | {'unfinished'} a retry is going on, and has to be finished with `go_on_retry` first
-- include: everything resend asked once
if not status then return reply('gone') end
if redis.call('HEXISTS', root, HEAD.retry) == 1 then return reply('unfinished') end
local pool_id = ARGV[1]
local pool = get_pool(pool_id)
if not pool or not pool.open then return reply('closed') end
pool.draining = ARGV[2] == '1'
pool.open = pool.draining
if not pool.open then emit('swarm-closed', pool_id) end
end_if_done(pool_id, definition_of(pool_id), pool)
return reply('ok')
