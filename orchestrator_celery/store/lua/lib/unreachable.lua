-- Components that no token can reach any more are closed. An `all` join starts once no token can still arrive at it, that
-- is, once all components that lead to its own are closed. A closed node that was not visited is skipped.
local function close(graph, component)
  node_at(graph, component).mark = 'c'
  local layout = layout_of(graph, component)
  local members = layout.members ~= '' and layout.members or component
  for at in members:gmatch('%d+') do
    if node_at(graph, at).turns == 0 then graph.unvisited[#graph.unvisited + 1] = at end
  end
  for after in layout.after:gmatch('%d+') do
    local next_one = node_at(graph, after)
    next_one.closed = next_one.closed + 1
    if next_one.closed == predecessors(graph, after) then graph.closing[#graph.closing + 1] = after end
  end
end

-- Closes what can be closed, and finds the joins that may start now.
local function close_idle(graph)
  local i = 1
  while graph.closing[i] do
    local first = node_at(graph, graph.closing[i])
    if first.mark == '' and first.closed == predecessors(graph, graph.closing[i]) then
      for join in first.joins:gmatch('%d+') do graph.joins[#graph.joins + 1] = join end
      if first.joins == '' and first.within == 0 then close(graph, graph.closing[i]) end
    end
    i = i + 1
  end
  graph.closing = {}
end

local function skip_unvisited(graph)
  for _, at in ipairs(graph.unvisited) do
    local node = graph.id .. '.' .. at
    if not (ahead and redis.call('HEXISTS', ended_key, node) == 1) then -- else it was taken out
      node_at(graph, at).mark = 's'
      emit('skipped', node)
      count_in_graph(graph.id, HEAD.total, -(number(node_definition(graph, at), ATTRIBUTE.leaves) or 0))
    end
  end
  graph.unvisited = {}
end
