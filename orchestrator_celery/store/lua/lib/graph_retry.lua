-- A graph that failed goes on: visits that failed start again, and the edges of those that ended beside them are followed.
local function resume_visit(graph_id, graph, key, undone)
  local at, turn = key:match('^(%w+)%.(%d+)$')
  local state, reference, passage = undone.state, undone.reference, undone.passage
  if state == UNDONE.join then return visit(graph_id, graph, at, reference, passage) end
  local own = graph_id .. '.' .. key
  if state == UNDONE.unknown then state, reference = ended_as(own) end
  graph.tokens[key] = passage
  if at == PLACE.start then
    graph.tokens[key] = nil
    return leave_start(graph_id, graph)
  elseif state == UNDONE.skipped then
    return decide(graph_id, at, turn, CAUSE.skipped, reference)
  elseif state == UNDONE.succeeded then
    table.insert(graph.ready, { at = at, turn = turn, state = STATE.succeeded, reference = reference })
    return move_tokens(graph_id, graph)
  end
  local was_mapped = redis.call('HEXISTS', ended_key, own .. BESIDE.elements) == 1
  return start(graph_id, at, turn, redis.call('HGET', ended_key, own .. BESIDE.input), was_mapped and own)
end

local function resume_graph(graph_id, input)
  local graph = parse_graph(redis.call('HGET', ended_key, graph_id .. BESIDE.graph))
  graphs[graph_id] = graph
  graph.input = input
  if graph.since == '0' then graph.since = now end -- it was taken over from another run
  redis.call('HDEL', ended_key, graph_id .. BESIDE.graph)
  local undone, keys = graph.undone, {}
  for key, passage in pairs(graph.tokens) do undone[key] = { state = UNDONE.unknown, reference = '', passage = passage } end
  for key in pairs(undone) do keys[#keys + 1] = key end
  table.sort(keys)
  if (graph.error or ''):sub(1, #OUTCOME.recursion) == OUTCOME.recursion then graph.visits = {} end
  graph.tokens, graph.undone, graph.error, graph.busy = {}, {}, nil, true
  for _, key in ipairs(keys) do resume_visit(graph_id, graph, key, undone[key]) end
  graph.busy = nil
  return move_tokens(graph_id, graph)
end
