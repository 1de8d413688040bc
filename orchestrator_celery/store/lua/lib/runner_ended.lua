-- Items go back to the runners of their pool, and runners end.
-- The attempt of an item goes on with the next runner, or by a message of its own where the pool has no runners any more.
local function return_item(node, live)
  local pool_id, index = parent_and_index(node)
  local pool = get_pool(pool_id)
  local goes_singly = not pool or pool.singly or pool.stopped or withdrawn_with(node)
  if goes_singly then return queue(node, live, definition_of(node), 0) end
  queue(node, live, nil, 0)
  pool.returned = pool.returned or {}
  table.insert(pool.returned, index .. ' ')
  if pool.runners == 0 then call_runner(pool_id, pool) end
end

-- A runner has ended; another one follows as long as items wait.
local function runner_ended(runner, state, attempt)
  reclaim(runner, attempt)
  local pool_id = pool_of_runner(runner)
  unlist_runner(pool_id, runner)
  local pool = get_pool(pool_id)
  if not pool then return retire() end
  pool.runners = pool.runners - 1
  local definition = definition_of(pool_id)
  if state == STATE.failed then
    pool.singly = true -- no worker can run one, or workers died of it again and again: items go by messages of their own
  elseif returned_items(pool_id) ~= '' then
    call_runners(pool_id, definition, pool)
  end
  pump(pool_id, definition, pool)
end
