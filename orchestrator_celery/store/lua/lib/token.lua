-- Where tokens go. `activate` and `up` lead into this and out of it, so whatever ends at once waits in `ready`.
local function graph_counts(node, field, by)
  if by and by ~= 0 and in_tree(node) then redis.call('HINCRBY', root, field, by) end
end

local function fail_graph(node, g, ref)
  g.err = ref
  for key in pairs(g.on) do -- nobody has to answer any more
    local own = node .. '.' .. key
    local l = get_live(own)
    if l and l.state == 'W' then
      redis.call('HDEL', LIVE, own)
      g.on[key], g.un[key] = nil, 'W'
    end
  end
end

local function visit(node, g, at, given, through, again)
  local place = node .. '.' .. at
  local spec, k = definition(place), g.k[at] or 0
  if not again then
    if (g.v[at] or 0) >= number(spec, 'mv') then
      g.un[at .. '.' .. k] = 'V' .. given
      return fail_graph(node, g, 'recursion:' .. attr(spec, 'nm') .. ':' .. attr(spec, 'mv'))
    end
    g.v[at] = (g.v[at] or 0) + 1
  end
  local own = place .. '.' .. k
  g.k[at] = k + 1
  g.on[at .. '.' .. k] = through
  redis.call('HSET', DONE, own .. ':in', given)
  if k > 0 and not again then graph_counts(node, 'total', number(spec, 'w')) end
  -- What is more than one value is worked out where it is sent.
  if given:sub(1, 1) == '[' or attr(spec, 'in') then given = 'g:' .. own end
  if attr(spec, 'mp') then return decide(node, at, k, 'map', given) end
  return activate(own, given)
end
