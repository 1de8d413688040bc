-- The end of a graph. Its result is the result of the node that reached END, or a dict by name where several did.
local function ends_of(graph) -- name and reference, in the order of the nodes, START first
  local found, fields = {}, {}
  local function read()
    for _, line in ipairs(redis.call('HMGET', ended_key, unpack(fields))) do found[#found + 1] = line or nil end
    fields = {}
  end
  for source in layout_of(graph, PLACE.start).sources:gmatch('%w+') do
    fields[#fields + 1] = graph.id .. '.' .. source .. BESIDE.reached_end
    if #fields == MOST_ARRIVED then read() end
  end
  if #fields > 0 then read() end
  return found
end

local function graph_ended(graph_id, graph)
  graph.gone = true
  redis.call('HDEL', live_key, decision_of(graph_id, PLACE.start, 1)) -- to go on, if it failed meanwhile
  local definition = definition_of(graph_id)
  redis.call('HSET', ended_key, graph_id .. BESIDE.graph, write_graph(graph)) -- for views and for a retry
  if graph.error then return complete(graph_id, definition, STATE.failed, graph.error, graph.since) end
  local ends = ends_of(graph)
  if #ends == 1 then
    return complete(graph_id, definition, STATE.succeeded, ends[1]:match(' (.*)$'), graph.since)
  end
  redis.call('HSET', ended_key, graph_id .. BESIDE.ends, table.concat(ends, '\n'))
  return complete(graph_id, definition, STATE.succeeded, OUTCOME.named, graph.since)
end
