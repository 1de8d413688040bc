-- Tokens at visits, and their numbers by node and by component.
-- Puts a token at a visit (state ''), leaves its edges for later, or, without a state, takes the visit away.
local function set_visit(graph, key, state, passage, reference)
  local before, at = visit_at(graph, key), key:match('^%w+')
  local was_token = before and before.state == ''
  graph.visits[key] = state and { state = state, passage = passage, reference = reference or '' } or false
  graph.changed[key] = true
  graph.tokens = graph.tokens + (state == '' and 1 or 0) - (was_token and 1 or 0)
  local more = (state and 1 or 0) - (before and 1 or 0)
  if more == 0 then return end
  local node, component = node_at(graph, at), component_of(graph, at)
  local first = node_at(graph, component)
  node.open, first.within = node.open + more, first.within + more
  if more < 0 then graph.closing[#graph.closing + 1] = component end
end

-- A join waits, or has started.
local function set_waiting(graph, at, waits)
  local first, others = node_at(graph, component_of(graph, at)), {}
  for other in first.joins:gmatch('%d+') do
    if other ~= at then others[#others + 1] = other end
  end
  if waits then
    others[#others + 1] = at
    table.sort(others, function(a, b) return tonumber(a) < tonumber(b) end)
  end
  first.joins = table.concat(others, ',')
end
