-- Withdraws nodes that have not begun.
local function withdraw_runner(runner)
  local pool_id = pool_of_runner(runner)
  local pool = get_pool(pool_id)
  redis.call('HDEL', live_key, runner)
  unlist_runner(pool_id, runner)
  if not pool then return end
  pool.runners, pool.stopped = pool.runners - 1, true
  return end_if_done(pool_id, definition_of(pool_id), pool)
end

local function withdraw_leaf(node, live)
  if is_runner(node) then return withdraw_runner(node) end
  remove_live(node, live)
  return up(node, UNDONE.not_begun, '', ',')
end
