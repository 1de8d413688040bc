-- Steps that run one after the other: a chain, a chord, a complex. Steps that have records already are passed over: they
-- were taken out, or kept by a retry or a rerun.
local function ended_as(node) -- its state, and the reference that the next step gets
  local record = redis.call('HGET', ended_key, node)
  if not record then return nil end
  local reference = reference_in(record)
  local first = reference and reference:sub(1, 1)
  if not reference or first == OUTCOME.list or first == OUTCOME.named then return ended_state(record), node end
  return ended_state(record), reference
end

-- Takes a node out; `leaves` of it do not count any more. The next node gets the input that this one would have got.
local function pass_over(node, leaves, input)
  put_ended(node, STATE.skipped, 0, now, '', leaves)
  emit('skipped', node)
  if node == '0' then return finish_run(STATE.succeeded, node) end -- every node of the run was taken out
  return up(node, STATE.skipped, input, ',')
end

local function end_steps(node, definition, state, reference)
  local record = redis.call('HGET', active_key, node)
  redis.call('HDEL', active_key, node)
  if state == STATE.skipped then return pass_over(node, 0, reference) end
  return complete(node, definition, state, reference, record and since_of_steps(record))
end

-- Starts the first step from `index` on that has no record; after the last step, ends the composite.
local function go_on(node, definition, index, input)
  local size = number(definition, ATTRIBUTE.size)
  while ahead and index < size do
    local state, reference = ended_as(node .. '.' .. index)
    if not state then break end
    if state == STATE.succeeded then input = reference end
    index = index + 1
  end
  if index < size then return activate(node .. '.' .. index, input) end
  local any_succeeded = false
  for i = 0, size - 1 do any_succeeded = any_succeeded or ended_as(node .. '.' .. i) == STATE.succeeded end
  return end_steps(node, definition, any_succeeded and STATE.succeeded or STATE.skipped, input)
end
