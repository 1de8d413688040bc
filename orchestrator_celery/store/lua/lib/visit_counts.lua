-- Counts of a graph: tasks of the run, and visits of a node.
local function count_in_graph(graph_id, field, by)
  if by and by ~= 0 and in_tree(graph_id) then redis.call('HINCRBY', root, field, by) end
end

-- Whether a node was visited as often as it may be.
local function is_worn_out(graph, at)
  return node_at(graph, at).visits >= number(node_definition(graph, at), ATTRIBUTE.max_visits)
end
