-- Where tokens go. `activate` and `up` lead into this and out of it, so whatever ends at once waits in `ready`.
local function graph_counts(node, field, by)
  if by and by ~= 0 and in_tree(node) then redis.call('HINCRBY', root, field, by) end
end

-- A visit that is not followed by anything: what came of it, W for nothing, is kept for a retry.
local function give_up(g, key, state, ref)
  g.un[key] = { state, ref, g.on[key] }
  g.on[key] = nil
end

local function fail_graph(node, g, ref)
  g.err = ref
  for key in pairs(g.on) do -- a task that nobody has begun will not start, and nobody has to answer any more
    local own = node .. '.' .. key
    local l = get_live(own)
    if l and (l.state == 'W' or (l.state == 'Q' and l.attempt == 1 and l.retries == 0 and l.nesting == 0)) then
      redis.call('HDEL', LIVE, own)
      give_up(g, key, 'W', '')
    end
  end
end

-- Whether a node was visited as often as it may be.
local function worn_out(node, g, at)
  return (g.v[at] or 0) >= number(definition(node .. '.' .. at), 'mv')
end

-- `again`: the visit whose body is tried once more, with what it was given then.
local function visit(node, g, at, given, through, again)
  local place = node .. '.' .. at
  local spec, k = definition(place), g.k[at] or 0
  if not again then
    g.v[at] = (g.v[at] or 0) + 1
    if not attr(spec, 'ps') then through.n = g.v[at] end
  end
  local own = place .. '.' .. k
  g.k[at] = k + 1
  g.on[at .. '.' .. k] = through
  redis.call('HSET', DONE, own .. ':in', given)
  if k > 0 and not again then graph_counts(node, 'total', number(spec, 'w')) end
  -- What is more than one value is worked out where it is sent.
  if attr(spec, 'in') then
    redis.call('HSET', DONE, own .. ':last', again and redis.call('HGET', DONE, again .. ':last') or cjson.encode(g.last))
  end
  if given:sub(1, 1) == '[' or attr(spec, 'in') then given = 'g:' .. own end
  if attr(spec, 'mp') then
    local list = again and redis.call('HGET', DONE, again .. ':list')
    if not list then return decide(node, at, k, 'map', given) end
    return map_over(node, at, own, number(redis.call('HGET', DEF, again), 'n'), list)
  end
  return activate(own, given)
end
