-- The end of a node: its record, its callbacks, and what its end means one level up.
-- A composite has ended; `ref` names the node (or, with a prefix, the rule) its result or error comes from.
local function complete(node, spec, state, ref, since)
  redis.call('HSET', DONE, node, table.concat({ state, 0, since or now, now, '' }, '|') .. '\n@' .. ref)
  emit(state == 'S' and 'succeeded' or 'failed', node)
  if ref:find('^[*+]') then ref = node end -- a list, or a dict, is read through the node it belongs to
  local counts = counts_of(spec)
  callbacks(node, state, counts, ref)
  return up(node, state, ref, counts)
end

local function tell_progress(node, l) -- the last report of a leaf that has ended
  local done, total, message = (redis.call('HGET', root .. ':p', node) or ''):match('^[^|]*|([^|]*)|([^|]*)|(.*)$')
  if done then emit('progress', node, 'a', l.attempt, 'd', done, 'o', total, 'm', message) end
end

-- A leaf has ended with its own payload: one terminal state, once (invariant 1).
local function settle(node, l, state, payload)
  redis.call('HDEL', LIVE, node)
  if is_runner(node) then return runner_ended(node, state) end
  local owner = l.owner:match('%S*$') -- without the runner that took it
  redis.call('HSET', DONE, node, table.concat({ state, l.attempt, l.since, now, owner }, '|') .. '\n' .. payload)
  if state == 'S' then redis.call('HDEL', root .. ':c', node) end -- only another attempt would read its checkpoint
  if in_tree(node) then redis.call('HINCRBY', root, state == 'S' and 'done' or 'failed', 1) end
  tell_progress(node, l)
  emit(state == 'S' and 'succeeded' or 'failed', node, 'a', l.attempt)
  callbacks(node, state, l.callbacks, node)
  up(node, state, node, l.callbacks)
end

local function finish_run(state, ref)
  status = state == 'S' and 'SUCCEEDED' or 'FAILED'
  redis.call('HSET', root, 'status', status, 'finished', now, 'ref', ref)
  emit('status', '$', 's', status)
  if held then release() end -- callbacks of what ended last
  queue('$', { attempt = first_attempt('$'), retries = 0, nesting = 0, callbacks = ',', input = '' }, '', 0)
end
