-- Moves the token of a visit on by a decision.
local function follow_verdict(graph, at, turn, live, verdict, argument, value)
  local graph_id, key = graph.id, at .. '.' .. turn
  local cause, reference = cause_of(live)
  local decided, is_before_body = graph_id .. '.' .. key, cause == CAUSE.map or cause == CAUSE.inputs
  if graph.error then
    leave_undone(graph, key, is_before_body and UNDONE.not_begun or cause, reference)
  elseif verdict == 'go' then
    local holder = (cause == CAUSE.skipped and decided or graph_id) .. '.' .. PLACE.value -- of a value no node has
    if value ~= '' then put_ended(holder, STATE.succeeded, 0, now, '', value) end
    local failed = cause == CAUSE.failed
    local result = failed and SOURCE.error_value .. reference or cause == CAUSE.skipped and holder or reference
    leave(graph_id, graph, at, turn, result, argument, not failed)
  elseif verdict == 'again' then
    retry_visit(graph_id, graph, at, turn, tonumber(argument))
  elseif verdict == 'map' then
    local leaves = number(node_definition(graph, at), ATTRIBUTE.leaves)
    count_in_graph(graph_id, HEAD.total, (argument - 1) * leaves)
    map_over(graph_id, at, decided, argument, value)
  elseif verdict == 'with' then
    redis.call('HSET', ended_key, decided .. BESIDE.inputs, value)
    start(graph_id, at, turn, redis.call('HGET', ended_key, decided .. BESIDE.input))
  elseif verdict == 'stop' then
    leave_undone(graph, key, UNDONE.failed, reference)
    fail_graph(graph_id, graph, reference)
  elseif is_before_body then
    fail_before_body(graph_id, at, turn, argument)
  else
    local holder = decided .. '.' .. PLACE.value
    put_ended(holder, STATE.failed, 0, now, '', argument)
    leave_undone(graph, key, cause, reference)
    fail_graph(graph_id, graph, holder)
  end
end

local function decide_visit(graph_id, at, turn, live, ...)
  local graph = get_graph(graph_id)
  graph.busy, graph.error = true, graph.error or withdrawn_with(graph_id)
  if live.input ~= CAUSE.more .. ':' then follow_verdict(graph, at, turn, live, ...) end
  graph.busy = nil
  return move_tokens(graph_id, graph)
end
