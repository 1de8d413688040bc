-- Visits of a graph's nodes. `activate` and `up` lead into these functions and out of them, so a visit that ends at once
-- waits in `ready`.
-- Starts the body of a visit once its inputs, and the list it is mapped over, are decided. `before` is the visit that is
-- retried, whose inputs and list are used again.
local function start(graph_id, at, turn, input, before)
  local visit, definition = graph_id .. '.' .. at .. '.' .. turn, node_definition(get_graph(graph_id), at)
  local has_inputs = attribute(definition, ATTRIBUTE.inputs)
  if has_inputs then
    local inputs = redis.call('HGET', ended_key, (before or visit) .. BESIDE.inputs)
    if not inputs then return decide(graph_id, at, turn, CAUSE.inputs, input) end
    redis.call('HSET', ended_key, visit .. BESIDE.inputs, inputs)
  end
  if attribute(definition, ATTRIBUTE.mapped) then
    local elements = before and redis.call('HGET', ended_key, before .. BESIDE.elements)
    if not elements then return decide(graph_id, at, turn, CAUSE.map, input) end
    local size = number(redis.call('HGET', definitions_key, before), ATTRIBUTE.size)
    return map_over(graph_id, at, visit, size, elements)
  end
  -- An input of more than one value is put together where the message is sent.
  if has_inputs or input:sub(1, 1) == SOURCE.list then input = SOURCE.visit .. visit end
  return activate(visit, input)
end

local function visit(graph_id, graph, at, input, passage, before)
  local node, state = graph_id .. '.' .. at, node_at(graph, at)
  local definition, turn = node_definition(graph, at), state.turns
  local own = node .. '.' .. turn
  local is_taken_out = ahead and redis.call('HEXISTS', ended_key, node) == 1
  if not before then
    state.visits = state.visits + 1
    if not attribute(definition, ATTRIBUTE.asked_about) then passage.visit = state.visits end
    if turn > 0 and not is_taken_out then
      count_in_graph(graph_id, HEAD.total, number(definition, ATTRIBUTE.leaves))
    end
  end
  state.turns = turn + 1
  set_visit(graph, at .. '.' .. turn, '', passage)
  redis.call('HSET', ended_key, own .. BESIDE.input, input)
  if is_taken_out then
    put_ended(own, STATE.skipped, 0, now, '', 0)
    return decide(graph_id, at, turn, CAUSE.skipped, input)
  end
  return start(graph_id, at, turn, input, before)
end
