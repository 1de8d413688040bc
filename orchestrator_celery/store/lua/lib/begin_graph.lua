-- A graph begins: its first tokens leave START.
begin_graph = function(graph_id, input)
  if not graphed then redis.call('HSET', root, HEAD.graph, 1) end
  graphed = '1'
  if attribute(definition_of(graph_id), ATTRIBUTE.own_arguments) then -- beside its input
    redis.call('HSET', ended_key, graph_id .. BESIDE.input, input)
    input = SOURCE.with_own .. graph_id
  end
  if ahead and redis.call('HEXISTS', ended_key, graph_id .. BESIDE.graph) == 1 then
    return resume_graph(graph_id, input)
  end
  local graph = new_graph(graph_id, input)
  graph.busy = true -- visits that end at once wait until all first tokens have left
  leave_start(graph_id, graph)
  graph.busy = nil
  return move_tokens(graph_id, graph)
end
