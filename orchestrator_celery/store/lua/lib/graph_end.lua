-- The end of a graph. Its result is the result of the node that reached END, or a dict by name where several did.
local function write_ends(graph_id, graph)
  local lines = {}
  local function order(pair) return tonumber(end_source(pair)) or -1 end -- START first
  table.sort(graph.ends, function(a, b) return order(a) < order(b) end)
  for i, pair in ipairs(graph.ends) do
    local source = end_source(pair)
    local name = source == PLACE.start and '__start__'
      or attribute(definition_of(graph_id .. '.' .. source), ATTRIBUTE.name)
    lines[i] = name .. ' ' .. end_reference(pair)
  end
  redis.call('HSET', ended_key, graph_id .. BESIDE.ends, table.concat(lines, '\n'))
end

local function graph_ended(graph_id, graph)
  graph.gone = true
  local definition = definition_of(graph_id)
  redis.call('HSET', ended_key, graph_id .. BESIDE.graph, write_graph(graph)) -- for views and for a retry
  if graph.error then return complete(graph_id, definition, STATE.failed, graph.error, graph.since) end
  if #graph.ends == 1 then
    return complete(graph_id, definition, STATE.succeeded, end_reference(graph.ends[1]), graph.since)
  end
  write_ends(graph_id, graph)
  return complete(graph_id, definition, STATE.succeeded, OUTCOME.named, graph.since)
end
