-- Purpose: starts a burst of items of each pool that has had free places since its last burst.
-- KEYS: 1 root key of the run
-- ARGV: 1 the node that a worker has claimed, or '' without one  2 milliseconds that its message waited
-- RETURNS: {'ok', effects, more} more: 1 if a pool still has free places | {'gone'} there is no such run
--          | {'stale'} no pool has
-- include: everything resend asked once
if not status then return reply('gone') end
local pending = redis.call('HGET', root, HEAD.more)
if not pending then return reply('stale') end
local node, waited, wanted, later = ARGV[1], tonumber(ARGV[2]), {}, {}
for pool_id in pending:gmatch('%S+') do
  local pool = not withdrawn_with(pool_id) and get_pool(pool_id)
  if pool then table.insert(is_burst_due(pool_id, pool, node, waited) and wanted or later, pool_id) end
end
if #wanted == 0 and #later > 0 then return reply('ok', 1) end
pay(HEAD.more)
for _, pool_id in ipairs(later) do more_later(pool_id) end
for _, pool_id in ipairs(wanted) do pump(pool_id, definition_of(pool_id), get_pool(pool_id)) end
return reply('ok', redis.call('HEXISTS', root, HEAD.more))
