-- From the end of a visit to the nodes that follow.
-- Why a token cannot leave, if so. It takes all of its edges or none.
local function obstacle(graph_id, graph, source, targets, passage)
  local edges = edges_of(graph_id)
  if targets == '' then
    local name = source == PLACE.start and 'START' or attribute(definition_of(graph_id .. '.' .. source), ATTRIBUTE.name)
    return OUTCOME.no_route .. name
  end
  for target in targets:gmatch('%d+') do
    if edges.joins[target] ~= 'all' and not is_late(graph, edges, target, passage) and is_worn_out(graph_id, graph, target) then
      return recursion_error(graph_id, target)
    end
  end
end

-- A token leaves a visit; `result` is a reference to the value it takes along.
local function leave(graph_id, graph, at, turn, result, targets, succeeded)
  local key, source, input, edges = at .. '.' .. turn, at, result, edges_of(graph_id)
  local passage = graph.tokens[key]
  if at ~= PLACE.start then
    local asked_about = attribute(definition_of(graph_id .. '.' .. at), ATTRIBUTE.asked_about)
    if asked_about then -- a router passes on the result it was asked about
      source, input = asked_about, redis.call('HGET', ended_key, graph_id .. '.' .. key .. BESIDE.input)
    end
  end
  local why_not = obstacle(graph_id, graph, source, targets, passage)
  if why_not then
    leave_undone(graph, key, succeeded and UNDONE.succeeded or UNDONE.failed, result)
    return fail_graph(graph_id, graph, why_not)
  end
  graph.tokens[key] = nil
  redis.call('HSET', ended_key, graph_id .. '.' .. key .. BESIDE.targets, targets) -- for views and for a rerun
  for target in targets:gmatch('[^,]+') do
    if target == PLACE.close then
      graph.ends[source] = source == PLACE.start and graph_id .. '.' .. PLACE.value or input
    else
      arrive(graph_id, graph, edges, target, source, input, copy(passage))
    end
  end
end
