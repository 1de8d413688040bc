-- A graph that failed goes on: visits that failed start again, and the edges of those that ended beside them are followed.
local function resume_graph(graph_id, input)
  local graph = parse_graph(graph_id, redis.call('HGET', ended_key, graph_id .. BESIDE.graph))
  graphs[graph_id] = graph
  graph.input, graph.record = input, nil
  if graph.since == '0' then graph.since = now end -- it was taken over from another run
  redis.call('HDEL', ended_key, graph_id .. BESIDE.graph)
  stop_spreading(graph)
  local keys, undone = open_visits(graph), {}
  for _, key in ipairs(keys) do
    local found = visit_at(graph, key)
    if found.state == '' then found.state, found.reference, graph.tokens = UNDONE.unknown, '', graph.tokens - 1 end
    undone[key] = found
  end
  table.sort(keys)
  if (graph.error or ''):sub(1, #OUTCOME.recursion) == OUTCOME.recursion then
    for _, at in ipairs(every_node(graph)) do node_at(graph, at).visits = 0 end
  end
  graph.error, graph.busy = nil, true
  for _, key in ipairs(keys) do set_visit(graph, key, nil) end
  for _, key in ipairs(keys) do resume_visit(graph_id, graph, key, undone[key]) end
  graph.busy = nil
  return move_tokens(graph_id, graph)
end
