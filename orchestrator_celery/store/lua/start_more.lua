-- Purpose: starts a burst of items of each pool that has had free places since its last burst.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects, more} more: 1 if a pool still has free places | {'gone'} there is no such run
--          | {'stale'} no pool has
-- include: everything pools resend asked once
if not status then return reply('gone') end
local pending = redis.call('HGET', root, HEAD.more)
if not pending then return reply('stale') end
pay(HEAD.more)
for pool_id in pending:gmatch('%S+') do
  local pool = get_pool(pool_id)
  if pool and not withdrawn_with(pool_id) then pump(pool_id, definition_of(pool_id), pool) end
end
return reply('ok', redis.call('HEXISTS', root, HEAD.more))
