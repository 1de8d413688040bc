-- A chain, and what is run like one: the end of a step begins the next.
local function step_ended(node, spec, index, state, ref)
  local last = index + 1 >= number(spec, 'n')
  if state == 'K' or (state == 'S' and not last) then return go_on(node, spec, index + 1, ref) end
  local body = node .. '.' .. (index + 1)
  if state == 'F' and not last and attr(definition(node .. '.' .. index), 'ch') and not (ahead and ended_as(body)) then
    -- As in Celery: the failure of a chord's header is the failure of its body, whose errbacks fire.
    ref = 'chord:' .. ref
    redis.call('HSET', DONE, body, table.concat({ 'F', 0, now, now, '' }, '|') .. '\n@' .. ref)
    emit('failed', body)
    callbacks(body, 'F', counts_of(definition(body)), ref)
  end
  return end_steps(node, spec, state, ref)
end
