-- When a message that nobody has claimed counts as overdue. ARGV[1] is the first pause, ARGV[2] the longest.
local function pause_after(tries) return math.min(tonumber(ARGV[1]) * 2 ^ tries, tonumber(ARGV[2])) end

local function due_at(live) return live.sent + pause_after(live.tries) end

local function may_be_overdue(node, live)
  return live.state == STATE.deciding or (live.state == STATE.queued and not held and not withdrawn_with(node))
end
