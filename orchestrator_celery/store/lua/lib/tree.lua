-- The walk over the tree: down to the leaves that are next, up to the parents whose child has ended.
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

activate = function(node, input)
  local spec = definition(node)
  local kind = spec:sub(1, 1)
  if kind == 'L' then
    return queue(node, { attempt = first_attempt(node), retries = 0, nesting = 0, callbacks = counts_of(spec), input = input }, spec,
      wait_of(spec))
  end
  if attr(spec, 'im') then input = '' end
  if kind == 'P' then
    local p = begin_pool(node, spec, input)
    pump(node, spec, p)
    return drained(node, spec, p)
  end
  redis.call('HSET', POOL, node, 'C|' .. now)
  return go_on(node, spec, 0, input)
end

up = function(node, state, ref, counts)
  if node == '0' then return finish_run(state, ref) end
  local parent, index = node:match('^(.*)%.(%d+)$')
  -- The root of a callback: nothing waits for it, unless the run waits to be forgotten.
  if not parent then retiring = redis.call('HGET', root, 'keep') or nil return end
  local spec = definition(parent)
  if spec:sub(1, 1) == 'P' then return item_ended(parent, spec, tonumber(index), state, counts) end
  return step_ended(parent, spec, tonumber(index), state, ref)
end
