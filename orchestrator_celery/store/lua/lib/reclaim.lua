-- Items that a runner had taken and not finished start again, each by a message of its own.
local function reclaim(runner, attempt, how)
  for _, node in ipairs(items_of_runner(runner, attempt)) do
    local live = get_live(node)
    local is_taken = live and is_running(live) and runner_of(live) == runner
    if is_taken and is_to_stop(live) then
      emit('interrupted', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live), EVENT.reason, how or 'lost')
      hold(node, live)
    elseif is_taken then
      emit('lost', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live))
      new_attempt(live)
      queue(node, live, definition_of(node), 0)
    end
  end
  redis.call('HDEL', active_key, runner .. BESIDE.taken)
end
