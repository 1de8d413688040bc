-- The end of a suspension.
local function release() -- what a suspension kept in the outbox is sent
  held = false
  local entries = redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local node, l = entries[i], parse_live(entries[i + 1])
    if l.state == 'Q' and node ~= '$' then queue(node, l, definition(node), math.max(0, l.sent - tonumber(now))) end
  end
end
