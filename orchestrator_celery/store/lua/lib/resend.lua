-- Messages that a call put into the outbox at a certain time, for a caller that lost the answer. A message that was sent twice is
-- claimed once (invariant 2).
local function resend_node(node, live, moment)
  if live.since ~= moment then return end -- it has gone on since
  if live.state == STATE.awaiting then
    effects[#effects + 1] = { 'await', node, 1, live.sent > 0 and string.format('%.0f', live.sent) or '' }
  elseif live.state == STATE.deciding and send_decision then
    local graph_id, at, turn = parts_of_decision(node)
    send_decision(graph_id, at, turn, live)
  elseif live.state == STATE.queued and (not held or node == PLACE.close) and live.owner == '' then
    send(node, live, node == PLACE.close and '' or definition_of(node), math.max(0, live.sent - tonumber(now)))
  end
end

-- Slices that go on with a change.
local function resend_rest()
  if not held and redis.call('HEXISTS', root, HEAD.release) == 1 then
    effects[#effects + 1] = { 'release', PLACE.close, 0 }
  end
  if overdue then effects[#effects + 1] = { 'fail_rest', PLACE.close, 0 } end
end

-- The live nodes that the effects of this call are about.
nodes_to_resend = function()
  local nodes = {}
  for _, effect in ipairs(effects) do
    local kind, node = effect[1], effect[2]
    if kind == 'decide' then node = decision_of(parts_of_visit(node)) end
    if kind == 'decide' or kind == 'dispatch' or kind == 'close' or kind == 'await' then nodes[#nodes + 1] = node end
  end
  return nodes
end

-- An answer that an earlier release kept names no nodes: the reconciler sends their messages.
resend = function(answer)
  for _, node in ipairs(answer.nodes or {}) do
    local live = get_live(node)
    if live then resend_node(node, live, answer.moment) end
  end
  return resend_rest()
end
