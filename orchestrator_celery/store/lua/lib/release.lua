-- Nodes start again after a suspension or an interruption.
local function start_again(node, live) -- under a new attempt, which does not count as a lost process
  local field = node .. BESIDE.free_attempts
  redis.call('HSET', ended_key, field, (redis.call('HGET', ended_key, field) or base) + 1)
  new_attempt(live)
  local has_checkpoint = redis.call('HEXISTS', checkpoints_key, node)
  emit('resumed', node, EVENT.attempt, live.attempt, EVENT.checkpoint, has_checkpoint)
  if runner_of(live) then return return_item(node, live) end
  queue(node, live, node == PLACE.close and '' or definition_of(node), 0)
end

local function release()
  local was_held = held
  held = false
  local entries = redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    if live.state == STATE.held then
      start_again(node, live)
    elseif live.state == STATE.stopping then -- no worker could stop it, so it continues
      live.state = STATE.running
      put_live(node, live)
    elseif was_held and live.state == STATE.queued and node ~= PLACE.close and not waits_for_runner(node) then
      queue(node, live, definition_of(node), math.max(0, live.sent - tonumber(now)))
    end
  end
end
