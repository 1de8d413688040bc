-- Items that were returned to runners, where there are no runners any more: each goes by a message of its own.
local function send_returned(pool_id)
  local has_left = look_at_returned(pool_id, function(node, live)
    if live.state == STATE.queued and live.owner ~= '' then queue(node, live, definition_of(node), 0) end
    return not is_burst_over(0)
  end)
  if has_left then more_later(pool_id) end
end
