-- Items that runners have returned: each has its record in the outbox and no message; the next runner takes it. If no
-- runner does for long, the reconciler sends its message, as for any node in the outbox.
local function waits_for_runner(node)
  local pool_id, index = parent_and_index(node)
  local returned = pool_id and redis.call('HGET', active_key, pool_id .. BESIDE.returned)
  return returned and (' ' .. returned):find(' ' .. index .. ' ', 1, true) ~= nil
end
