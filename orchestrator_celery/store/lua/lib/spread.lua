-- A token goes on to its targets. If there are many, it stays at its visit until all of them have it, over several calls.
local function value_taken(graph, at, key, result) -- where it comes from, and a reference to it
  local asked_about = at ~= PLACE.start and attribute(node_definition(graph, at), ATTRIBUTE.asked_about)
  if not asked_about then return at, result end
  return asked_about, redis.call('HGET', ended_key, graph.id .. '.' .. key .. BESIDE.input) -- a router passes on what it got
end

-- Goes on at a place in the text of the targets.
local function spread(graph, key, place, targets)
  local at, visit = key:match('^%w+'), visit_at(graph, key)
  local source, input = value_taken(graph, at, key, visit.reference)
  targets = targets or redis.call('HGET', ended_key, graph.id .. '.' .. key .. BESIDE.targets)
  while place <= #targets do
    if graph.left <= 0 then
      graph.leaving[#graph.leaving + 1] = key .. '@' .. place
      return
    end
    local target = targets:match('^[^,]+', place)
    if target == PLACE.close then
      reach_end(graph, source, input)
    else
      arrive(graph.id, graph, target, source, input, passage_to(graph, at, target, visit.passage))
    end
    graph.left, place = graph.left - 1, place + #target + 1
  end
  return set_visit(graph, key, nil)
end

local function spread_on(graph)
  local waiting = graph.leaving
  graph.leaving = {}
  for _, entry in ipairs(waiting) do
    local key, place = entry:match('^([^@]+)@(%d+)$')
    spread(graph, key, tonumber(place))
  end
end

-- Another call goes on with what this one has left.
local function go_on_soon(graph)
  if redis.call('HEXISTS', live_key, decision_of(graph.id, PLACE.start, 1)) == 1 then return end
  return decide(graph.id, PLACE.start, 1, CAUSE.more, '')
end
