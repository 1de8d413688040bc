-- A graph fails: it starts nothing more, and keeps the visits that were not finished, for a retry.
-- A visit whose edges are not followed.
local function leave_undone(graph, key, state, reference)
  graph.undone[key] = { state = state, reference = reference, passage = graph.tokens[key] }
  graph.tokens[key] = nil
end

local function fail_graph(graph_id, graph, reference)
  graph.error = reference
  for key in pairs(graph.tokens) do -- approvals are withdrawn, and tasks that no worker has begun do not start
    local visit = graph_id .. '.' .. key
    local live = get_live(visit)
    local is_fresh = live and live.state == STATE.queued and live.attempt == first_attempt(visit)
      and live.retries == 0 and live.nesting == 0
    if is_fresh or live and live.state == STATE.awaiting then
      redis.call('HDEL', live_key, visit)
      leave_undone(graph, key, UNDONE.not_begun, '')
    end
  end
end
