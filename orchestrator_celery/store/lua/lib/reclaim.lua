-- What a runner had taken and not finished starts again, each item by a message of its own.
local function reclaim(runner, how)
  local entries = redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local node, l = entries[i], parse_live(entries[i + 1])
    local mine = at_work(l) and l.owner:match('^(%S+):%d+ ') == runner
    if mine and l.state == 'I' then
      emit('interrupted', node, 'a', l.attempt, 'w', l.owner:match('%S+$'), 'r', how or 'lost')
      hold(node, l)
    elseif mine then
      emit('lost', node, 'a', l.attempt, 'w', l.owner:match('%S+$'))
      l.attempt, l.retries, l.nesting = l.attempt + 1, 0, 0
      queue(node, l, definition(node), 0)
    end
  end
end
