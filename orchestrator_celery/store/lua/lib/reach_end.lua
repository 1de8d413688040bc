-- Tokens that reach END.
local function named(graph, source)
  return source == PLACE.start and '__start__' or attribute(node_definition(graph, source), ATTRIBUTE.name)
end

local function reach_end(graph, source, input)
  local reference = source == PLACE.start and graph.id .. '.' .. PLACE.value or input
  local field = graph.id .. '.' .. source .. BESIDE.reached_end
  redis.call('HSET', ended_key, field, named(graph, source) .. ' ' .. reference)
end
