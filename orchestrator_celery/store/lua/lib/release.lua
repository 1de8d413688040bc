-- The end of a suspension or an interruption.
local function again(node, l) -- a new attempt, which does not count as one after a lost process
  redis.call('HSET', DONE, node .. ':free', (redis.call('HGET', DONE, node .. ':free') or base) + 1)
  l.attempt, l.retries, l.nesting = l.attempt + 1, 0, 0
  local kept = redis.call('HEXISTS', root .. ':c', node)
  emit('resumed', node, 'a', l.attempt, 'k', kept)
  queue(node, l, node == '$' and '' or definition(node), 0)
end

local function release() -- what was held back starts again; what a suspension kept in the outbox is sent
  local kept = held
  held = false
  local entries = redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local node, l = entries[i], parse_live(entries[i + 1])
    if l.state == 'H' then
      again(node, l)
    elseif l.state == 'I' then -- nobody could stop it: it goes on
      l.state = 'R'
      put_live(node, l)
    elseif kept and l.state == 'Q' and node ~= '$' then
      queue(node, l, definition(node), math.max(0, l.sent - tonumber(now)))
    end
  end
end
