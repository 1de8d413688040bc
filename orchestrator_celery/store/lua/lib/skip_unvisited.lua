-- Nodes that were not visited, and that no token can reach any more, are skipped.
local function skip_unvisited(graph)
  local waiting = graph.unvisited
  graph.unvisited = {}
  for _, at in ipairs(waiting) do
    local node = graph.id .. '.' .. at
    if graph.left <= 0 then
      graph.unvisited[#graph.unvisited + 1] = at
    elseif not (ahead and redis.call('HEXISTS', ended_key, node) == 1) then -- else it was taken out
      graph.left, node_at(graph, at).mark = graph.left - 1, 's'
      emit('skipped', node)
      count_in_graph(graph.id, HEAD.total, -(number(node_definition(graph, at), ATTRIBUTE.leaves) or 0))
    end
  end
end
