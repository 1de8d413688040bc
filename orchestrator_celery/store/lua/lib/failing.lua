-- A graph that fails: it starts nothing more, and remembers what it leaves undone.
-- A visit that is not followed by anything: what came of it, W for nothing, is kept for a retry.
local function give_up(g, key, state, ref)
  g.un[key] = { state, ref, g.on[key] }
  g.on[key] = nil
end

local function fail_graph(node, g, ref)
  g.err = ref
  for key in pairs(g.on) do -- a task that nobody has begun will not start, and nobody has to answer any more
    local own = node .. '.' .. key
    local l = get_live(own)
    if l and (l.state == 'W' or (l.state == 'Q' and l.attempt == first_attempt(own) and l.retries == 0 and l.nesting == 0)) then
      redis.call('HDEL', LIVE, own)
      give_up(g, key, 'W', '')
    end
  end
end
