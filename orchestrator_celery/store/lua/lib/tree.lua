-- The walk over the tree: down to the leaves that are next, up to the parents whose child has ended.
activate = function(node, input)
  local spec = definition(node)
  local kind = spec:sub(1, 1)
  if kind == 'L' then
    return queue(node, { attempt = first_attempt(node), retries = 0, nesting = 0, callbacks = counts_of(spec), input = input }, spec,
      wait_of(spec))
  end
  if kind == 'A' then return await(node, spec, input) end
  if attr(spec, 'im') then -- inputs of a graph's node come all the same
    input = input:find('^[gmk]:') and 'k:' .. input:sub(3) or ''
  end
  if kind == 'G' then return begin_graph(node, input) end
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
  local kind = spec:sub(1, 1)
  if kind == 'N' then return visit_ended(parent, index, state, ref) end
  if kind == 'P' then return item_ended(parent, spec, tonumber(index), state, counts) end
  return step_ended(parent, spec, tonumber(index), state, ref)
end
