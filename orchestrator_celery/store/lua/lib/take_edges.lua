-- From the end of a visit to the nodes that follow.
-- Why a token cannot leave, if so. It takes all of its edges or none.
local function obstacle(graph, source, targets, passages)
  if targets == '' then return OUTCOME.no_route .. (source == PLACE.start and 'START' or named(graph, source)) end
  for target in targets:gmatch('%d+') do
    if join_kind(graph, target) ~= 'all' and not is_late(graph, target, passages[target]) and is_worn_out(graph, target) then
      return recursion_error(graph, target)
    end
  end
end

-- A token leaves a visit; `result` is a reference to the value it takes along; `targets` may be `*` for its plain edges.
local function leave(graph_id, graph, at, turn, result, targets, succeeded)
  local key, source, input, passages = at .. '.' .. turn, at, result, {}
  local passage = visit_at(graph, key).passage
  if targets == '*' then targets = layout_of(graph, at).following end
  if at ~= PLACE.start then
    local asked_about = attribute(node_definition(graph, at), ATTRIBUTE.asked_about)
    if asked_about then -- a router passes on the result it was asked about
      source, input = asked_about, redis.call('HGET', ended_key, graph_id .. '.' .. key .. BESIDE.input)
    end
  end
  for target in targets:gmatch('%d+') do passages[target] = passage_to(graph, at, target, passage) end
  local why_not = obstacle(graph, source, targets, passages)
  if why_not then
    leave_undone(graph, key, succeeded and UNDONE.succeeded or UNDONE.failed, result)
    return fail_graph(graph_id, graph, why_not)
  end
  set_visit(graph, key, nil)
  redis.call('HSET', ended_key, graph_id .. '.' .. key .. BESIDE.targets, targets) -- for views and for a rerun
  for target in targets:gmatch('[^,]+') do
    if target == PLACE.close then
      reach_end(graph, source, input)
    else
      arrive(graph_id, graph, target, source, input, passages[target])
    end
  end
end
