-- From the end of a visit to what comes next.
local chosen -- the edges that the process which finished a leaf has chosen already: the leaf, and its targets

-- A token leaves a node; `given`: what it takes along.
local function leave(node, g, at, k, given, targets, well)
  local key, l, from = at .. '.' .. k, layout(node), at
  local through = g.on[key]
  g.on[key] = nil
  if at ~= 'S' then
    local asked = attr(definition(node .. '.' .. at), 'ps')
    if asked then
      from, given = asked, redis.call('HGET', DONE, node .. '.' .. key .. ':in')
    elseif well then
      g.last[at] = given
    end
    redis.call('HSET', DONE, node .. '.' .. key .. ':to', targets)
  end
  if targets == '' then
    g.un[key] = 'N' .. given
    return fail_graph(node, g, 'noroute:' .. (attr(definition(node .. '.' .. from), 'nm') or 'START'))
  end
  for target, place in targets:gmatch('([^,]+)()') do
    if target == '$' then reach_end(g, from, given) else arrive(node, g, l, target, from, given, copy(through)) end
    if g.err then -- too many visits: what is left would be taken then
      local rest = targets:sub(place + 1)
      if rest ~= '' then g.un[key] = 'T' .. rest .. ' ' .. from .. ' ' .. given end
      return
    end
  end
end

local function step(node, g, at, k, state, ref)
  local key, spec = at .. '.' .. k, definition(node .. '.' .. at)
  local decided = chosen and chosen.node == node .. '.' .. key and chosen.targets
  if g.err or (state == 'F' and not attr(spec, 'ce')) then
    g.on[key], g.un[key] = nil, state .. ref
    if not g.err then fail_graph(node, g, ref) end
  elseif state == 'S' and (decided or not attr(spec, 'c')) then
    leave(node, g, at, k, ref, decided or attr(spec, 'to') or '', true)
  else
    decide(node, at, k, state, ref)
  end
end
