-- A graph that ends again after a retry begins anew, where it is part of a callback.
local function forget_joins(graph, joins) -- inputs that have arrived at joins which wait
  for at in joins:gmatch('%d+') do
    for source in layout_of(graph, at).sources:gmatch('%w+') do
      redis.call('HDEL', ended_key, graph.id .. '.' .. at .. BESIDE.arrived .. source)
    end
  end
end

local function renew_graph(graph_id)
  local ended = redis.call('HGET', ended_key, graph_id .. BESIDE.graph)
  local graph = get_graph(graph_id) or ended and parse_graph(graph_id, ended)
  redis.call('HDEL', active_key, graph_id)
  redis.call('HDEL', ended_key, graph_id .. BESIDE.graph)
  graphs[graph_id] = nil
  if withdrawn then set_failing(graph_id, nil) end
  if not graph then return end -- it has not begun
  for _, at in ipairs(every_node(graph)) do
    local node, turns = graph_id .. '.' .. at, node_at(graph, at).turns
    for turn = 0, at == PLACE.start and 0 or turns do
      redis.call('HDEL', live_key, decision_of(graph_id, at, turn))
      redis.call('HDEL', ended_key, node .. '.' .. turn .. BESIDE.visit)
      if turn < turns then renew(node .. '.' .. turn) end
    end
    forget_joins(graph, node_at(graph, at).joins)
    redis.call('HDEL', ended_key, node .. BESIDE.node, node .. BESIDE.passage, node .. BESIDE.reached_end)
  end
end
