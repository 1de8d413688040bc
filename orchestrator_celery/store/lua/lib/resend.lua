-- Messages that a call put into the outbox at a certain time, for a caller that lost the answer. A message that was sent twice is
-- claimed once (invariant 2).
resend = function(moment)
  local entries = redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    local is_own = live.since == moment
    if is_own and live.state == STATE.awaiting then
      effects[#effects + 1] = { 'await', node, 1, live.sent > 0 and string.format('%.0f', live.sent) or '' }
    elseif is_own and live.state == STATE.deciding and send_decision then
      local graph_id, at, turn = parts_of_decision(node)
      send_decision(graph_id, at, turn, live)
    elseif is_own and live.state == STATE.queued and (not held or node == PLACE.close) and live.owner == '' then
      send(node, live, node == PLACE.close and '' or definition_of(node), math.max(0, live.sent - tonumber(now)))
    end
  end
  if not held and redis.call('HEXISTS', root, HEAD.release) == 1 then
    effects[#effects + 1] = { 'release', PLACE.close, 0 }
  end
  if overdue then effects[#effects + 1] = { 'fail_rest', PLACE.close, 0 } end
end
