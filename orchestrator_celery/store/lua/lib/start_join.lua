-- Starts an `all` join that no token can still arrive at; returns whether there was one.
-- Of two joins that wait for each other, the one declared first starts. A token at the join itself does not count.
local function may_start(graph, at)
  local component = component_of(graph, at)
  local first = node_at(graph, component)
  return first.joins:match('^%d+') == at and first.closed == predecessors(graph, component)
    and first.within == node_at(graph, at).open
end

local function start_join(graph_id, graph)
  if graph.joins[2] then table.sort(graph.joins, function(a, b) return tonumber(a) < tonumber(b) end) end
  while graph.joins[1] do
    local at = table.remove(graph.joins, 1)
    if may_start(graph, at) then
      local list, passage = take_arrived(graph, at), take_passage(graph, at)
      set_waiting(graph, at, false)
      if is_worn_out(graph, at) then
        set_visit(graph, at .. '.' .. node_at(graph, at).turns, UNDONE.join, passage, list)
        fail_graph(graph_id, graph, recursion_error(graph, at))
      else
        visit(graph_id, graph, at, list, passage)
      end
      return true
    end
  end
end
