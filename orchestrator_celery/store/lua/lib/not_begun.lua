-- Live nodes that no worker runs, and that a failing composite withdraws.
local function restore_definition(node) -- as it was before the task replaced itself
  local own = redis.call('HGET', definitions_key, node .. BESIDE.replaced)
  if not own then return end
  redis.call('HDEL', definitions_key, node .. BESIDE.replaced)
  if own == '' then return redis.call('HDEL', definitions_key, node) end
  redis.call('HSET', definitions_key, node, own)
end

local function has_not_begun(live)
  return live.state == STATE.queued or live.state == STATE.awaiting or live.state == STATE.held
end

-- It has no record: it is skipped, and may start in a retry of the run.
local function remove_live(node, live)
  redis.call('HDEL', live_key, node)
  -- A message of a later attempt, or of a retry, must not fit the attempt after a retry of the run.
  if live.attempt > first_attempt(node) or live.retries > 0 or live.nesting > 0 then
    end_attempts(node, live.attempt)
    restore_definition(node)
  end
  emit('skipped', node)
end
