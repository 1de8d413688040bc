-- Counts of a graph: tasks of the run, and visits of a node.
local function count_in_graph(graph_id, field, by)
  if by and by ~= 0 and in_tree(graph_id) then redis.call('HINCRBY', root, field, by) end
end

-- Whether a node was visited as often as it may be.
local function is_worn_out(graph_id, graph, at)
  return (graph.visits[at] or 0) >= number(definition_of(graph_id .. '.' .. at), ATTRIBUTE.max_visits)
end
