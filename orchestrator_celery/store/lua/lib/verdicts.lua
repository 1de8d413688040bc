-- Verdicts of decisions that start a visit again, or fail it.
local function retry_visit(graph_id, graph, at, turn, pause)
  local key, visit_id = at .. '.' .. turn, graph_id .. '.' .. at .. '.' .. turn
  local definition = node_definition(graph, at)
  local passage, leaves = visit_at(graph, key).passage, number(definition, ATTRIBUTE.leaves)
  local tries = redis.call('HGET', ended_key, visit_id .. BESIDE.tries) or 0
  redis.call('HSET', ended_key, graph_id .. '.' .. at .. '.' .. node_at(graph, at).turns .. BESIDE.tries, tries + 1)
  local has_no_inputs = attribute(definition, ATTRIBUTE.inputs)
    and redis.call('HEXISTS', ended_key, visit_id .. BESIDE.inputs) == 0
  if has_no_inputs then
    leaves = 0 -- it has not begun, so nothing of it has been counted
  elseif attribute(definition, ATTRIBUTE.mapped) then
    local before = redis.call('HGET', definitions_key, visit_id) -- missing without a list: nothing has been counted
    count_in_graph(graph_id, HEAD.total, before and number(before, ATTRIBUTE.size) * leaves)
  elseif leaves == 1 then
    count_in_graph(graph_id, HEAD.failed, -1)
  else
    count_in_graph(graph_id, HEAD.total, leaves)
  end
  set_visit(graph, key, nil)
  delay = pause
  visit(graph_id, graph, at, redis.call('HGET', ended_key, visit_id .. BESIDE.input), passage, visit_id)
  delay = 0
end

-- A decision that is needed before the body failed: the visit fails with its error.
local function fail_before_body(graph_id, at, turn, error_payload)
  local visit_id = graph_id .. '.' .. at .. '.' .. turn
  put_ended(visit_id, STATE.failed, 0, now, '', error_payload)
  emit('failed', visit_id, EVENT.attempt, 1) -- a failure of its own, whatever its body is
  visit_ended(graph_id .. '.' .. at, turn, STATE.failed, visit_id)
end
