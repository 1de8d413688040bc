-- Moves the tokens of a graph until each of them is at a task, waits, or has ended.
local function move_tokens(graph_id, graph)
  if graph.busy then return end
  graph.busy = true
  graph.error = graph.error or withdrawn_with(graph_id)
  local has_started, first = false, 1
  repeat
    while graph.ready[first] do
      local ended = graph.ready[first]
      first = first + 1
      follow(graph_id, graph, ended.at, ended.turn, ended.state, ended.reference)
    end
    if graph.error then
      stop_spreading(graph)
    else
      if graph.leaving[1] then spread_on(graph) end
      close_idle(graph)
    end
    has_started = not graph.error and graph.joins[1] and start_join(graph_id, graph)
  until not graph.ready[first] and not has_started
  graph.busy, graph.ready = nil, {}
  if not graph.error and graph.unvisited[1] then skip_unvisited(graph) end
  local has_more = not graph.error and (graph.leaving[1] or graph.closing[1] or graph.unvisited[1])
  if has_more then return go_on_soon(graph) end
  if graph.tokens == 0 then return graph_ended(graph_id, graph) end
end

local function visit_ended(node, turn, state, reference)
  local graph_id, at = parent_and_index(node)
  local graph = get_graph(graph_id)
  if not graph then return end
  table.insert(graph.ready, { at = at, turn = turn, state = state, reference = reference })
  return move_tokens(graph_id, graph)
end

local function leave_start(graph_id, graph)
  local definition = definition_of(graph_id)
  set_visit(graph, PLACE.start .. '.0', '', {})
  if attribute(definition, ATTRIBUTE.start_decides) then
    return decide(graph_id, PLACE.start, 0, CAUSE.succeeded, graph.input)
  end
  return leave(graph_id, graph, PLACE.start, 0, graph.input, attribute(definition, ATTRIBUTE.first) or '', true)
end
