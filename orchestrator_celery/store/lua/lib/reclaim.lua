-- Items that a runner had taken and not finished start again, each by a message of its own.
local function reclaim(runner, how)
  local entries = redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    local is_taken = is_running(live) and runner_of(live) == runner and not (overdue and in_tree(node))
    if is_taken and is_to_stop(live) then
      emit('interrupted', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live), EVENT.reason, how or 'lost')
      hold(node, live)
    elseif is_taken then
      emit('lost', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live))
      new_attempt(live)
      queue(node, live, definition_of(node), 0)
    end
  end
end
