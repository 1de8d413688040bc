-- Nodes start again after a suspension or an interruption.
local function start_again(node, live) -- under a new attempt, which does not count as a lost process
  local field = node .. BESIDE.free_attempts
  redis.call('HSET', ended_key, field, (redis.call('HGET', ended_key, field) or base) + 1)
  new_attempt(live)
  local has_checkpoint = redis.call('HEXISTS', checkpoints_key, node)
  emit('resumed', node, EVENT.attempt, live.attempt, EVENT.checkpoint, has_checkpoint)
  local runner = runner_of(live)
  if runner and is_runner(runner) then return return_item(node, live) end
  queue(node, live, node == PLACE.close and '' or definition_of(node), 0)
end

-- The timeout of an approval stood still while the run was held, or since the approval waits.
local function extend_timeout(node, live, paused)
  if not paused or live.sent == 0 then return end
  live.sent = live.sent + tonumber(now) - math.max(tonumber(paused), tonumber(live.since))
  put_live(node, live)
end

local function release()
  local was_held, paused = held, held and redis.call('HGET', root, HEAD.paused)
  held = false
  if paused then
    redis.call('HDEL', root, HEAD.paused)
    redis.call('HINCRBY', root, HEAD.rested, tonumber(now) - paused)
  end
  local entries = redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    if live.state == STATE.held then
      start_again(node, live)
    elseif live.state == STATE.stopping then -- no worker could stop it, so it continues
      live.state = STATE.running
      put_live(node, live)
    elseif live.state == STATE.awaiting then
      extend_timeout(node, live, paused)
    elseif was_held and live.state == STATE.queued and node ~= PLACE.close then
      -- A runner takes a returned item. Its time in the outbox counts from now, or the reconciler would send it at once.
      local definition = live.owner == '' and definition_of(node) or nil
      queue(node, live, definition, math.max(0, live.sent - tonumber(now)))
    end
  end
end
