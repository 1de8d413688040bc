-- A chain, and what is run like one: the end of a step begins the next.
local function step_ended(node, spec, index, state, ref)
  local last = index + 1 >= number(spec, 'n')
  if state == 'K' or (state == 'S' and not last) then return go_on(node, spec, index + 1, ref) end
  local body = node .. '.' .. (index + 1)
  if state == 'F' and not last and attr(definition(node .. '.' .. index), 'ch') and not (ahead and ended_as(body)) then
    -- As in Celery: the failure of a chord's header calls the errbacks of its body. The body has no record, as no
    -- step after a failed one has: it is skipped, and may still run after a retry.
    ref = 'chord:' .. ref
    emit('skipped', body)
    callbacks(body, 'F', counts_of(definition(body)), ref)
  end
  return end_steps(node, spec, state, ref)
end
