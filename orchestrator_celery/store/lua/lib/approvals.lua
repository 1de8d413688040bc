-- Approvals.
-- An approval waits for a person. `sent` is the end of its timeout, 0 without one.
local function await(node, definition, input)
  local wait = number(definition, ATTRIBUTE.wait)
  local live = new_live(STATE.awaiting, 1, callbacks_of(definition), input)
  live.sent = wait and tonumber(now) + wait or 0
  put_live(node, live)
  if redis.call('HGET', root, HEAD.status) == STATUS.pending then -- a person works on the run
    set_status(STATUS.running, HEAD.started, now)
  end
  announce(node, '', emit('awaiting', node))
  effects[#effects + 1] = { 'await', node, 1, wait and string.format('%.0f', live.sent) or '' }
end
