-- Counters of a group or swarm, read once and written once per call. Live items are `next - done`: both move
-- only with an item's own transition, so a holder that dies cannot keep a slot (invariant 5).
local pools = {}

local function get_pool(node)
  local p = pools[node]
  if p == nil then
    local v = redis.call('HGET', POOL, node)
    if not v or v:sub(1, 1) ~= 'P' then return nil end
    local n, nxt, done, failed, err, open, stopped, since, input, places, staff =
      v:match('^P|(%d+)|(%d+)|(%d+)|(%d+)|(%d*)|(%d)|(%d)|(%d+)|([^|]*)|?([^|]*)|?(.*)$')
    local low, medium, high = places:match('^(%d+),(%d+),(%d+)$')
    local runners, calls, singly = staff:match('^(%d+),(%d+),(%d)$')
    p = {
      n = tonumber(n), next = tonumber(nxt), done = tonumber(done), failed = tonumber(failed), err = tonumber(err),
      open = open ~= '0', draining = open == '2', stopped = stopped == '1', since = since, input = input, mixed = low ~= nil,
      held = { tonumber(low or 0), tonumber(medium or 0), tonumber(high or 0) }, -- of a mixed pool, by level
      runners = tonumber(runners or 0), calls = tonumber(calls or 0), singly = singly == '1', -- of a batched one
    }
    pools[node] = p
  end
  return p
end

local function new_pool(node, spec, input)
  pools[node] = {
    n = number(spec, 'n'), next = 0, done = 0, failed = 0, err = nil,
    open = attr(spec, 'open') == '1', stopped = false, since = now, input = input, held = { 0, 0, 0 },
    runners = 0, calls = 0,
  }
  if attr(spec, 'lv') or attr(spec, 'sl') then mix(node, pools[node], redis.call('HGET', DEF, node .. '.lv')) end
  return pools[node]
end
