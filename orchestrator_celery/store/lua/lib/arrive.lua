-- Where tokens meet: joins, and END.
local function copy(passage)
  local own = {}
  for name, value in pairs(passage) do own[name] = value end
  return own
end

-- Whether a token comes to an `any` join that has started without it.
local function is_late(graph, edges, at, passage)
  return edges.joins[at] == 'any' and (passage[at] or 0) < (graph.starts[at] or 0)
end

local function recursion_error(graph_id, at)
  local definition = definition_of(graph_id .. '.' .. at)
  return OUTCOME.recursion .. attribute(definition, ATTRIBUTE.name) .. ':' .. attribute(definition, ATTRIBUTE.max_visits)
end

local function arrive(graph_id, graph, edges, at, source, input, passage)
  local join = edges.joins[at]
  if not join then return visit(graph_id, graph, at, input, passage) end
  if join == 'any' then
    if is_late(graph, edges, at, passage) then return emit('ignored', graph_id .. '.' .. at) end
    graph.starts[at] = (graph.starts[at] or 0) + 1
    passage[at] = graph.starts[at]
    return visit(graph_id, graph, at, input, passage)
  end
  graph.arrived[at], graph.passages[at] = graph.arrived[at] or {}, graph.passages[at] or {}
  graph.arrived[at][source] = input
  for name, value in pairs(passage) do graph.passages[at][name] = math.max(graph.passages[at][name] or 0, value) end
end
