-- Nodes that were not visited, and that no token can reach any more, are skipped.
local function places_of_tokens(graph) -- numbers of nodes, and the set of joins that wait
  local places, joins = {}, {}
  for key in pairs(graph.tokens) do places[#places + 1] = key:match('^%w+') end
  for join in pairs(graph.arrived) do
    joins[join] = true
    places[#places + 1] = join
  end
  return places, joins
end

local function skip_unreachable(graph_id, graph, edges)
  local places, open = places_of_tokens(graph)
  for _, source in ipairs(places) do
    for target in pairs(reachable_from(edges, source)) do open[target] = true end
  end
  for i = 0, number(definition_of(graph_id), ATTRIBUTE.size) - 1 do
    local at, node = tostring(i), graph_id .. '.' .. i
    local is_taken_out = ahead and redis.call('HEXISTS', ended_key, node) == 1
    if not (graph.turns[at] or graph.skipped[at] or open[at] or is_taken_out) then
      graph.skipped[at] = 1
      emit('skipped', node)
      count_in_graph(graph_id, HEAD.total, -(number(definition_of(node), ATTRIBUTE.leaves) or 0))
    end
  end
end
