-- Decisions, which need Python: which edges are taken, whether a failure is retried, what the inputs of a visit are, over
-- which list it is mapped, and which input goes past a node that was taken out. A decision stays in the outbox, under
-- `<graph>.<at>.d<turn>`, until it is recorded; a decision that is made twice is recorded once.
local function cause_of(live) -- the cause, and a reference to its subject
  return live.input:match('^(%a+):(.*)$')
end

send_decision = function(graph_id, at, turn, live)
  local graph, visit_id = get_graph(graph_id), graph_id .. '.' .. at .. '.' .. turn
  local definition = definition_of(at == PLACE.start and graph_id or graph_id .. '.' .. at)
  local cause, reference = cause_of(live)
  local tries = redis.call('HGET', ended_key, visit_id .. BESIDE.tries) or 0
  local here = visit_at(graph, at .. '.' .. turn)
  effects[#effects + 1] = { 'decide', visit_id, live.attempt, cause, reference, definition, graph.input,
    cjson.encode(newest_read(graph, definition, at)), here and here.passage.visit or 0, tries, looked_at(graph, definition, reference), created }
end

local function decide(graph_id, at, turn, cause, reference)
  local live = new_live(STATE.deciding, 1, ',', cause .. ':' .. reference)
  put_live(decision_of(graph_id, at, turn), live)
  send_decision(graph_id, at, turn, live)
end

-- A visit runs its body once for each element of a list.
local function map_over(graph_id, at, visit, count, elements)
  local cap = attribute(definition_of(graph_id .. '.' .. at), ATTRIBUTE.max_concurrency)
  redis.call('HSET', ended_key, visit .. BESIDE.elements, elements)
  redis.call('HSET', definitions_key, visit, map_definition(count, cap))
  return activate(visit, SOURCE.element .. visit)
end
