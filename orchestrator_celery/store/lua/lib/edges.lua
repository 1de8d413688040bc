-- The edges of a graph. An `all` join starts when no token can still arrive at it, so the store has to know which nodes a
-- token can reach. Python computes the same when it checks a graph and for a rerun; telling the store would make the
-- definition grow with the square of the number of nodes.
local function edges_of(graph_id)
  local edges = all_edges[graph_id]
  if edges then return edges end
  edges = { targets = {}, joins = {}, reachable = {} }
  local definition = definition_of(graph_id)
  for source, targets in attribute(definition, ATTRIBUTE.edges):gmatch('(%w+)>([^;]*)') do
    edges.targets[source] = {}
    for target in targets:gmatch('%d+') do table.insert(edges.targets[source], target) end
  end
  for at, kind in (attribute(definition, ATTRIBUTE.joins) or ''):gmatch('(%d+):(%a+)') do edges.joins[at] = kind end
  all_edges[graph_id] = edges
  return edges
end

-- All nodes that can be reached from one, as a set.
local function reachable_from(edges, source)
  local found = edges.reachable[source]
  if found then return found end
  found = {}
  local waiting = { source }
  while #waiting > 0 do
    for _, target in ipairs(edges.targets[table.remove(waiting)] or {}) do
      if not found[target] then
        found[target] = true
        waiting[#waiting + 1] = target
      end
    end
  end
  edges.reachable[source] = found
  return found
end

local function may_start(graph, edges, join)
  for key in pairs(graph.tokens) do
    local at = key:match('^%w+')
    if at ~= join and reachable_from(edges, at)[join] then return false end
  end
  for other in pairs(graph.arrived) do -- of two joins that wait for each other, the one declared first starts
    local is_first = reachable_from(edges, join)[other] and tonumber(join) < tonumber(other)
    if other ~= join and reachable_from(edges, other)[join] and not is_first then return false end
  end
  return true
end
