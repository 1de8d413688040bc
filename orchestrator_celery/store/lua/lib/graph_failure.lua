-- A graph fails: it starts nothing more, and keeps the visits that were not finished, for a retry.
-- A visit whose edges are not followed.
local function leave_undone(graph, key, state, reference)
  local before = visit_at(graph, key)
  set_visit(graph, key, state, before and before.passage or {}, reference)
end

-- The graph fails: a retry goes on with the targets that are left.
local function stop_spreading(graph)
  for _, entry in ipairs(graph.leaving) do
    local key, place = entry:match('^([^@]+)@(%d+)$')
    leave_undone(graph, key, UNDONE.leaving, place .. '@' .. visit_at(graph, key).reference)
  end
  graph.leaving = {}
end

local MOST_TOKENS = 100

local function fail_graph(graph_id, graph, reference)
  graph.error = reference
  stop_spreading(graph)
  if graph.tokens > MOST_TOKENS then -- a pass withdraws what has not begun, in slices
    set_failing(graph_id, reference)
    return withdraw_soon()
  end
  local below = false -- whether a composite, or a nested run, is at work
  for _, key in ipairs(graph.tokens > 0 and open_visits(graph) or {}) do
    local visit = graph_id .. '.' .. key
    local live = visit_at(graph, key).state == '' and get_live(visit)
    if live and has_not_begun(live) then
      remove_live(visit, live)
      leave_undone(graph, key, UNDONE.not_begun, '')
    elseif live == nil then -- a decision about the visit is open, or a composite is at work
      local decision = decision_of(graph_id, key:match('^(%w+)%.(%d+)$'))
      below = below or redis.call('HEXISTS', live_key, decision) == 0
    elseif live and live.state == STATE.delegated then
      below = true
    end
  end
  if graph.tokens > 0 then set_failing(graph_id, reference) end
  if below then withdraw_soon() end
end
