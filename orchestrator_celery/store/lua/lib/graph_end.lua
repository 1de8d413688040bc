-- The end of a graph. Its result is the result of the node that reached END, or a dict by name where several did.
local function write_ends(graph_id, graph)
  local sources, lines = {}, {}
  for source in pairs(graph.ends) do sources[#sources + 1] = source end
  table.sort(sources, function(a, b) return (tonumber(a) or -1) < (tonumber(b) or -1) end) -- START first
  for i, source in ipairs(sources) do
    local name = source == PLACE.start and '__start__'
      or attribute(definition_of(graph_id .. '.' .. source), ATTRIBUTE.name)
    lines[i] = name .. ' ' .. graph.ends[source]
  end
  redis.call('HSET', ended_key, graph_id .. BESIDE.ends, table.concat(lines, '\n'))
end

local function graph_ended(graph_id, graph)
  graph.gone = true
  local definition = definition_of(graph_id)
  redis.call('HSET', ended_key, graph_id .. BESIDE.graph, write_graph(graph)) -- for views and for a retry
  if graph.error then return complete(graph_id, definition, STATE.failed, graph.error, graph.since) end
  local source, reference = next(graph.ends)
  if source and not next(graph.ends, source) then -- one
    return complete(graph_id, definition, STATE.succeeded, reference, graph.since)
  end
  write_ends(graph_id, graph)
  return complete(graph_id, definition, STATE.succeeded, OUTCOME.named, graph.since)
end
