-- Failures in graphs: the visits with which a graph failed.
local function ended_graph(graph_id) -- nil for a graph that has not begun
  local record = redis.call('HGET', ended_key, graph_id .. BESIDE.graph)
  return record and parse_graph(graph_id, record) or nil
end

local function take_back_graph(graph_id) -- its tokens stay where they are
  local graph = ended_graph(graph_id)
  if not graph then return end
  for _, key in ipairs(open_visits(graph)) do left[#left + 1] = { node = graph_id .. '.' .. key } end
end

local function is_graph_node(node) return shape_of(definition_of(node)) == SHAPE.graph_node end

-- Whether a visit failed its graph, alone or with others. Other failed visits took an error edge or were retried.
local function has_failed_graph(node, turn)
  return redis.call('HEXISTS', ended_key, node .. '.' .. turn .. BESIDE.visit) == 1
end
