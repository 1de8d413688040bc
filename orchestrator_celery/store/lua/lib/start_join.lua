-- Starts an `all` join that no token can still arrive at; returns whether there was one.
local function inputs_of_join(graph_id, graph, at) -- in the order in which its edges were declared
  local inputs = {}
  for source in attribute(definition_of(graph_id .. '.' .. at), ATTRIBUTE.sources):gmatch('%w+') do
    if graph.arrived[at][source] then inputs[#inputs + 1] = graph.arrived[at][source] end
  end
  return SOURCE.list .. table.concat(inputs, ',')
end

local function start_join(graph_id, graph, edges)
  local waiting = {}
  for at in pairs(graph.arrived) do waiting[#waiting + 1] = at end
  table.sort(waiting, function(a, b) return tonumber(a) < tonumber(b) end)
  for _, at in ipairs(waiting) do
    if may_start(graph, edges, at) then
      local list, passage = inputs_of_join(graph_id, graph, at), graph.passages[at]
      graph.arrived[at], graph.passages[at] = nil, nil
      if is_worn_out(graph_id, graph, at) then
        graph.undone[at .. '.' .. (graph.turns[at] or 0)] = { state = UNDONE.join, reference = list, passage = passage }
        fail_graph(graph_id, graph, recursion_error(graph_id, at))
      else
        visit(graph_id, graph, at, list, passage)
      end
      return true
    end
  end
end
