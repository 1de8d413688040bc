-- Moves the tokens of a graph until each of them is at a task, waits, or has ended.
local function move_tokens(graph_id, graph)
  if graph.busy then return end
  graph.busy = true
  graph.error = graph.error or withdrawn_with(graph_id)
  local edges, has_started = edges_of(graph_id), false
  repeat
    while #graph.ready > 0 do
      local ended = table.remove(graph.ready, 1)
      follow(graph_id, graph, ended.at, ended.turn, ended.state, ended.reference)
    end
    has_started = not graph.error and start_join(graph_id, graph, edges)
  until #graph.ready == 0 and not has_started
  graph.busy = nil
  if not graph.error then skip_unreachable(graph_id, graph, edges) end
  if next(graph.tokens) == nil then return graph_ended(graph_id, graph) end
end

visit_ended = function(node, turn, state, reference)
  local graph_id, at = parent_and_index(node)
  local graph = get_graph(graph_id)
  if not graph then return end
  table.insert(graph.ready, { at = at, turn = turn, state = state, reference = reference })
  return move_tokens(graph_id, graph)
end

local function leave_start(graph_id, graph)
  local definition = definition_of(graph_id)
  graph.tokens[PLACE.start .. '.0'] = {}
  if attribute(definition, ATTRIBUTE.start_decides) then
    return decide(graph_id, PLACE.start, 0, CAUSE.succeeded, graph.input)
  end
  return leave(graph_id, graph, PLACE.start, 0, graph.input, attribute(definition, ATTRIBUTE.first) or '', true)
end
