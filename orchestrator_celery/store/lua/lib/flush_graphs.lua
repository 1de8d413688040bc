-- Writes the records of the graphs that a call has changed.
local MOST_VALUES = 1000 -- values of one command

local function write_fields(written, deleted)
  for first = 1, #written, MOST_VALUES do
    redis.call('HSET', ended_key, unpack(written, first, math.min(#written, first + MOST_VALUES - 1)))
  end
  for first = 1, #deleted, MOST_VALUES do
    redis.call('HDEL', ended_key, unpack(deleted, first, math.min(#deleted, first + MOST_VALUES - 1)))
  end
end

local function flush_graph(graph_id, graph)
  local written, deleted = {}, {}
  for at, node in pairs(graph.nodes) do
    local record = write_node_state(node)
    if record ~= node.record then
      written[#written + 1], written[#written + 2] = graph_id .. '.' .. at .. BESIDE.node, record
    end
  end
  for key in pairs(graph.changed) do
    local field, visit = graph_id .. '.' .. key .. BESIDE.visit, graph.visits[key]
    if visit then written[#written + 1], written[#written + 2] = field, write_visit(visit) else deleted[#deleted + 1] = field end
  end
  write_fields(written, deleted)
end

flush_graphs = function()
  for graph_id, graph in pairs(graphs) do
    flush_graph(graph_id, graph)
    local record = not graph.gone and write_graph(graph)
    if graph.gone then
      redis.call('HDEL', active_key, graph_id)
    elseif record ~= graph.record then
      redis.call('HSET', active_key, graph_id, record)
    end
  end
end
