-- Counters of a group or swarm, read once and written once per call. Live items are `next - done`: both move
-- only with an item's own transition, so a holder that dies cannot keep a slot (invariant 5).
local pools = {}

local function get_pool(node)
  local p = pools[node]
  if p == nil then
    local v = redis.call('HGET', POOL, node)
    if not v or v:sub(1, 1) ~= 'P' then return nil end
    local n, nxt, done, failed, err, open, stopped, since, input, places =
      v:match('^P|(%d+)|(%d+)|(%d+)|(%d+)|(%d*)|(%d)|(%d)|(%d+)|([^|]*)|?(.*)$')
    local low, medium, high = places:match('^(%d+),(%d+),(%d+)$')
    p = {
      n = tonumber(n), next = tonumber(nxt), done = tonumber(done), failed = tonumber(failed), err = tonumber(err),
      open = open ~= '0', draining = open == '2', stopped = stopped == '1', since = since, input = input, mixed = low ~= nil,
      held = { tonumber(low or 0), tonumber(medium or 0), tonumber(high or 0) }, -- of a mixed pool, by level
    }
    pools[node] = p
  end
  return p
end

local function new_pool(node, spec, input)
  pools[node] = {
    n = number(spec, 'n'), next = 0, done = 0, failed = 0, err = nil,
    open = attr(spec, 'open') == '1', stopped = false, since = now, input = input, held = { 0, 0, 0 },
  }
  if attr(spec, 'lv') or attr(spec, 'sl') then mix(node, pools[node], redis.call('HGET', DEF, node .. '.lv')) end
  return pools[node]
end

flush = function()
  for node, p in pairs(pools) do
    if p.gone then
      redis.call('HSET', DONE, node .. ':end', table.concat({ p.n, p.done, p.failed }, '|'))
      redis.call('HDEL', POOL, node)
      if p.mixed then redis.call('UNLINK', line(node)) end
    else
      redis.call('HSET', POOL, node, table.concat({ 'P', p.n, p.next, p.done, p.failed, p.err or '',
        p.open and (p.draining and 2 or 1) or 0, p.stopped and 1 or 0, p.since, p.input,
        p.mixed and table.concat(p.held, ',') or '' }, '|'))
    end
  end
end
