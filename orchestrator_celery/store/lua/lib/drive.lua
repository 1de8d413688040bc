-- Moves the tokens of a graph until each is at work, waits, or has ended.
local function drive(node, g)
  if g.busy then return end
  g.busy = true
  local l = layout(node)
  repeat
    while #g.ready > 0 do step(node, g, unpack(table.remove(g.ready, 1))) end
    local started = not g.err and start_join(node, g, l)
  until #g.ready == 0 and not started
  g.busy = nil
  if not g.err then skip_the_rest(node, g, l) end
  if next(g.on) == nil then return graph_ended(node, g) end
end

visit_ended = function(place, k, state, ref)
  local node, at = place:match('^(.*)%.(%d+)$')
  local g = get_graph(node)
  if not g then return end
  table.insert(g.ready, { at, k, state, ref })
  return drive(node, g)
end

local function leave_start(node, g)
  local spec = definition(node)
  g.on['S.0'] = {}
  if attr(spec, 'sc') then return decide(node, 'S', 0, 'S', g.input) end
  return leave(node, g, 'S', 0, g.input, attr(spec, 'st') or '')
end
