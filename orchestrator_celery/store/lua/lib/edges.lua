-- What Python has worked out about a graph when it was compiled: see orchestrator_celery/records/graphs/layout.py. Nodes that lie on
-- one loop, or a single node, are a component; its first node keeps its counters.
local function node_definition(graph, at)
  local found = graph.definitions[at]
  if not found then
    found = definition_of(graph.id .. '.' .. at)
    graph.definitions[at] = found
  end
  return found
end

local function layout_of(graph, at)
  local found = graph.layouts[at]
  if found then return found end
  local value = redis.call('HGET', definitions_key, graph.id .. '.' .. at .. '.' .. PLACE.layout)
  local following, after, sources, members = value:match('^%u\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)$')
  found = { following = following, after = after == '=' and following or after, sources = sources, members = members }
  graph.layouts[at] = found
  return found
end

local function join_kind(graph, at) return attribute(node_definition(graph, at), ATTRIBUTE.join) end

local function component_of(graph, at) -- the number of its first node
  return at ~= PLACE.start and attribute(node_definition(graph, at), ATTRIBUTE.component) or at
end

local function predecessors(graph, component) -- how many components lead to it
  if component == PLACE.start then return 0 end
  return number(node_definition(graph, component), ATTRIBUTE.predecessors) or 1
end
