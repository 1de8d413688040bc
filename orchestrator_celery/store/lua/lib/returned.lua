-- Items that runners have returned: each has its record in the outbox and no message; the next runner takes it. If no
-- runner does for long, the reconciler sends its message, as for any node in the outbox.
local waits_for_runner = (function()
  local known = {} -- by pool
  return function(node)
    local pool_id, index = parent_and_index(node)
    if not pool_id then return false end
    if known[pool_id] == nil then known[pool_id] = redis.call('HGET', active_key, pool_id .. BESIDE.returned) or '' end
    return (' ' .. known[pool_id]):find(' ' .. index .. ' ', 1, true) ~= nil
  end
end)()
