-- A graph fails: it starts nothing more, and keeps the visits that were not finished, for a retry.
-- A visit whose edges are not followed.
local function leave_undone(graph, key, state, reference)
  local before = visit_at(graph, key)
  set_visit(graph, key, state, before and before.passage or {}, reference)
end

local function fail_graph(graph_id, graph, reference)
  graph.error = reference
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
