-- The end of a node: its record, its callbacks, and the consequence for its parent.
-- A composite has ended; `reference` says where its result or error is, see orchestrator_celery/records/outcomes.py.
local function complete(node, definition, state, reference, since)
  if withdrawn then set_failing(node, nil) end
  put_ended(node, state, 0, since or now, '', refer_to(reference))
  emit(state == STATE.succeeded and 'succeeded' or 'failed', node)
  local first = reference:sub(1, 1)
  if first == OUTCOME.list or first == OUTCOME.named then reference = node end -- read through the node it belongs to
  local counts = callbacks_of(definition)
  call_back(node, state, counts, reference)
  return up(node, state, reference, counts)
end

-- The last progress report of a leaf that has ended goes to the stream.
local function tell_progress(node, live)
  local kept = redis.call('HGET', progress_key, node)
  if not kept then return end
  local progress = parse_progress(kept)
  if not progress then return end
  emit('progress', node, EVENT.attempt, live.attempt, EVENT.done, progress.done, EVENT.total, progress.total,
    EVENT.message, progress.message)
end

-- In most runs no body has written a checkpoint, or reported progress.
local function end_reports(node, live, succeeded)
  if succeeded then redis.call('HDEL', checkpoints_key, node) end -- only another attempt would read it
  tell_progress(node, live)
end

-- A leaf has ended with a payload of its own: one terminal state, once (invariant 1).
local function settle(node, live, state, payload)
  redis.call('HDEL', live_key, node)
  if is_runner(node) then return runner_ended(node, state, live.attempt) end
  local place = tonumber(node:match('%d+$')) or 0
  local header = place >= SHORT_END.first and short_header(node, place, state, live)
  put_ended(node, state, live.attempt, live.since, header or owner_at_end(live), payload, header)
  local succeeded = state == STATE.succeeded
  if in_tree(node) then redis.call('HINCRBY', root, succeeded and HEAD.done or HEAD.failed, 1) end
  if redis.call('EXISTS', checkpoints_key, progress_key) > 0 then end_reports(node, live, succeeded) end
  emit(succeeded and 'succeeded' or 'failed', node, EVENT.attempt, live.attempt)
  call_back(node, state, live.callbacks, node)
  up(node, state, node, live.callbacks)
end
