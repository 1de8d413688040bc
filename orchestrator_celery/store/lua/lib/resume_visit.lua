-- A visit whose edges were not followed when its graph failed goes on.
local function resume_visit(graph_id, graph, key, undone)
  local at, turn = key:match('^(%w+)%.(%d+)$')
  local state, reference, passage = undone.state, undone.reference, undone.passage
  if state == UNDONE.join then return visit(graph_id, graph, at, reference, passage) end
  local own = graph_id .. '.' .. key
  if state == UNDONE.unknown then state, reference = ended_as(own) end
  if at == PLACE.start and state ~= UNDONE.leaving then return leave_start(graph_id, graph) end
  set_visit(graph, key, '', passage)
  if state == UNDONE.leaving then
    local place, result = reference:match('^(%d+)@(.*)$')
    set_visit(graph, key, '', passage, result)
    table.insert(graph.leaving, key .. '@' .. place)
    return
  elseif state == UNDONE.skipped then
    return decide(graph_id, at, turn, CAUSE.skipped, reference)
  elseif state == UNDONE.succeeded then
    table.insert(graph.ready, { at = at, turn = turn, state = STATE.succeeded, reference = reference })
    return move_tokens(graph_id, graph)
  end
  local was_mapped = redis.call('HEXISTS', ended_key, own .. BESIDE.elements) == 1
  return start(graph_id, at, turn, redis.call('HGET', ended_key, own .. BESIDE.input), was_mapped and own)
end
