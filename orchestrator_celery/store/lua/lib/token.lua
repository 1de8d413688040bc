-- Where tokens go. `activate` and `up` lead into this and out of it, so whatever ends at once waits in `ready`.
local function graph_counts(node, field, by)
  if by and by ~= 0 and in_tree(node) then redis.call('HINCRBY', root, field, by) end
end

-- Whether a node was visited as often as it may be.
local function worn_out(node, g, at)
  return (g.v[at] or 0) >= number(definition(node .. '.' .. at), 'mv')
end

-- The body of a visit starts, once its inputs, and the list it is mapped over, are worked out; `again`: it is tried once
-- more, with those that visit had.
local function start(node, at, k, given, again)
  local own, spec = node .. '.' .. at .. '.' .. k, definition(node .. '.' .. at)
  if attr(spec, 'in') then
    local inputs = redis.call('HGET', DONE, (again or own) .. ':kw')
    if not inputs then return decide(node, at, k, 'in', given) end
    redis.call('HSET', DONE, own .. ':kw', inputs)
  end
  if attr(spec, 'mp') then
    local list = again and redis.call('HGET', DONE, again .. ':list')
    if not list then return decide(node, at, k, 'map', given) end
    return map_over(node, at, own, number(redis.call('HGET', DEF, again), 'n'), list)
  end
  -- What is more than one value is put together where it is sent.
  if given:sub(1, 1) == '[' or attr(spec, 'in') then given = 'g:' .. own end
  return activate(own, given)
end

-- `again`: the visit whose body is tried once more, with what it was given then.
local function visit(node, g, at, given, through, again)
  local spec, k = definition(node .. '.' .. at), g.k[at] or 0
  local own, out = node .. '.' .. at .. '.' .. k, ahead and redis.call('HEXISTS', DONE, node .. '.' .. at) == 1
  if not again then
    g.v[at] = (g.v[at] or 0) + 1
    if not attr(spec, 'ps') then through.n = g.v[at] end
    if k > 0 and not out then graph_counts(node, 'total', number(spec, 'w')) end
  end
  g.k[at] = k + 1
  g.on[at .. '.' .. k] = through
  redis.call('HSET', DONE, own .. ':in', given)
  if out then -- somebody has taken it out
    redis.call('HSET', DONE, own, table.concat({ 'K', 0, now, now, '' }, '|') .. '\n0')
    return decide(node, at, k, 'skip', given)
  end
  return start(node, at, k, given, again)
end
