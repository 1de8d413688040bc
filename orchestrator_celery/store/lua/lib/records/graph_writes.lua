-- What is written of graphs: see orchestrator_celery/records/graphs/graph.py.
local function new_graph(graph_id, input)
  local graph = { since = now, input = input, tokens = 0, leaving = {}, closing = {}, joins = {}, unvisited = {} }
  graphs[graph_id] = made_graph(graph_id, graph)
  return graph
end

local function write_graph(graph)
  return table.concat({ 'G', graph.since, graph.input, graph.tokens, table.concat(graph.leaving, ','),
    table.concat(graph.closing, ','), table.concat(graph.joins, ','), table.concat(graph.unvisited, ','), graph.error or '' }, '|')
end

local function write_node_state(node)
  return table.concat({ node.turns, node.visits, node.open, node.within, node.starts, node.closed, node.mark, node.joins,
    node.newest }, '|')
end

local function write_visit(visit)
  local parts = { visit.passage.visit or '' }
  for name, value in pairs(visit.passage) do
    if name ~= 'visit' then parts[#parts + 1] = name .. ':' .. value end
  end
  return visit.state .. '|' .. table.concat(parts, ',') .. '|' .. visit.reference
end
