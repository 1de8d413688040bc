-- The end of a step starts the next one.
local function other_step_ended(node, definition, index, state, reference)
  if state == UNDONE.not_begun then
    local is_begun = index > 0 or node == '0'
    if is_begun then return end_steps(node, definition, STATE.failed, withdrawn_with(node .. '.' .. index)) end
    redis.call('HDEL', active_key, node)
    return up(node, UNDONE.not_begun, '', ',')
  end
  local is_last = index + 1 >= number(definition, ATTRIBUTE.size)
  if state == STATE.skipped or (state == STATE.succeeded and not is_last) then
    return go_on(node, definition, index + 1, reference)
  end
  local body = node .. '.' .. (index + 1)
  if state == STATE.failed and not is_last
    and attribute(definition_of(node .. '.' .. index), ATTRIBUTE.chord_header) and not (ahead and ended_as(body)) then
    -- As in Celery, the failure of a chord's header calls the errbacks of its body. The body has no record, like any step
    -- after a failed one: it is skipped, and may run after a retry.
    reference = OUTCOME.chord .. reference
    emit('skipped', body)
    call_back(body, STATE.failed, callbacks_of(definition_of(body)), reference)
  end
  return end_steps(node, definition, state, reference)
end

-- Most steps end well, and the next one starts.
local function step_ended(node, definition, index, state, reference)
  local following = index + 1
  if state == STATE.succeeded and not ahead and following < number(definition, ATTRIBUTE.size) then
    return activate(node .. '.' .. following, reference)
  end
  return other_step_ended(node, definition, index, state, reference)
end
