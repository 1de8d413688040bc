-- From the end of a visit to the nodes that follow.
-- The targets that were visited before, of the others none is worn out. Many targets may be new, so they are read together.
local function visited_before(graph, targets)
  local found, numbers, fields = {}, {}, {}
  local function look()
    for i, record in ipairs(redis.call('HMGET', ended_key, unpack(fields))) do
      local at = numbers[i]
      if (record or graph.nodes[at]) and node_at(graph, at, record).visits > 0 then found[#found + 1] = at end
    end
    numbers, fields = {}, {}
  end
  for at in targets:gmatch('%d+') do
    numbers[#numbers + 1], fields[#fields + 1] = at, graph.id .. '.' .. at .. BESIDE.node
    if #fields == 1000 then look() end
  end
  if #fields > 0 then look() end
  return found
end

-- Why a token cannot leave, if so. It takes all of its edges or none.
local function obstacle(graph, at, source, targets, passage)
  if targets == '' then return OUTCOME.no_route .. (source == PLACE.start and 'START' or named(graph, source)) end
  for _, target in ipairs(visited_before(graph, targets)) do
    if join_kind(graph, target) ~= 'all' and is_worn_out(graph, target)
      and not is_late(graph, target, passage_to(graph, at, target, passage)) then
      return recursion_error(graph, target)
    end
  end
end

-- A token leaves a visit; `result` is a reference to the value it takes along; `targets` may be `*` for its plain edges.
local function leave(graph_id, graph, at, turn, result, targets, succeeded)
  local key, passage = at .. '.' .. turn, visit_at(graph, at .. '.' .. turn).passage
  if targets == '*' then targets = layout_of(graph, at).following end
  local source = at ~= PLACE.start and attribute(node_definition(graph, at), ATTRIBUTE.asked_about) or at
  local why_not = obstacle(graph, at, source, targets, passage)
  if why_not then
    leave_undone(graph, key, succeeded and UNDONE.succeeded or UNDONE.failed, result)
    return fail_graph(graph_id, graph, why_not)
  end
  redis.call('HSET', ended_key, graph_id .. '.' .. key .. BESIDE.targets, targets) -- for views and for a rerun
  set_visit(graph, key, '', passage, result)
  return spread(graph, key, 1, targets)
end
