-- An item begins under a runner, which gets all that it needs to know of it.
local function list_taken(taken, node, live, definition)
  local checkpoint = live.attempt > 1 and redis.call('HGET', checkpoints_key, node) or ''
  for _, part in ipairs({ node, live.attempt, live.input, definition, checkpoint }) do taken[#taken + 1] = part end
end

local function begin_item(taken, node, live, definition, owner, worker)
  live.state, live.owner, live.since = STATE.running, owner, now
  put_live(node, live)
  if live.attempt > base + 1 then redis.call('HDEL', progress_key, node) end -- of the body before
  emit('started', node, EVENT.attempt, live.attempt, EVENT.worker, worker)
  list_taken(taken, node, live, definition)
end

-- Gives returned items to a runner; returns how many more it may get.
local function take_returned(taken, pool_id, owner, worker, room)
  look_at_returned(pool_id, function(node, live)
    if live.state == STATE.queued and compare_fence(0, 0, live) == 0 then
      begin_item(taken, node, live, definition_of(node), owner, worker)
      room = room - 1
    end -- else its own message was claimed
    return room > 0
  end)
  return room
end
