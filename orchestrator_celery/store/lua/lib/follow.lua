-- What follows a visit that has ended: its edges, a decision, or the failure of the graph.
local function follow(graph_id, graph, at, turn, state, reference)
  local key, definition = at .. '.' .. turn, node_definition(graph, at)
  local decided = chosen and chosen.node == graph_id .. '.' .. key and chosen.targets
  if state == STATE.succeeded then node_at(graph, at).newest = reference end -- conditions of its own edges may read it
  if state == STATE.skipped and not graph.error then return decide(graph_id, at, turn, CAUSE.skipped, reference) end
  if graph.error or (state == STATE.failed and not attribute(definition, ATTRIBUTE.catches)) then
    leave_undone(graph, key, state == STATE.skipped and UNDONE.skipped or state, reference)
    if not graph.error then fail_graph(graph_id, graph, reference) end
  elseif state == STATE.succeeded and (decided or not attribute(definition, ATTRIBUTE.decides)) then
    leave(graph_id, graph, at, turn, reference, decided or attribute(definition, ATTRIBUTE.next) or '', true)
  else
    decide(graph_id, at, turn, state, reference)
  end
end
