-- Failures in graphs: the visits with which a graph failed.
local take_back_below

local function ended_graph(graph_id) -- nil for a graph that has not begun
  local record = redis.call('HGET', ended_key, graph_id .. BESIDE.graph)
  return record and parse_graph(record) or nil
end

local function take_back_graph(graph_id) -- its tokens stay where they are
  local graph = ended_graph(graph_id)
  if not graph then return end
  for _, visits in ipairs({ graph.tokens, graph.undone }) do
    for key in pairs(visits) do take_back_below(graph_id .. '.' .. key) end
  end
end

local function is_graph_node(node) return shape_of(definition_of(node)) == SHAPE.graph_node end

-- Whether a visit failed its graph, alone or with others. Other failed visits took an error edge or were retried.
local function has_failed_graph(node, turn)
  local graph_id, at = parent_and_index(node)
  local graph, key = ended_graph(graph_id), at .. '.' .. turn
  return (graph.undone[key] or graph.tokens[key]) ~= nil
end
