-- Callbacks of a node that ends once more, after a retry: they are called again, whatever became of them the first time.
local renew

local function renew_graph(node)
  local state = redis.call('HGET', POOL, node) or redis.call('HGET', DONE, node .. ':g')
  redis.call('HDEL', POOL, node)
  redis.call('HDEL', DONE, node .. ':g')
  if not state then return end -- it has not begun
  local g = read_graph(node, state)
  graphs[node] = nil
  for at, bodies in pairs(g.k) do
    for k = 0, bodies - 1 do
      redis.call('HDEL', LIVE, node .. '.' .. at .. '.d' .. k)
      renew(node .. '.' .. at .. '.' .. k)
    end
  end
end

renew = function(node)
  local record, l, spec = redis.call('HGET', DONE, node), get_live(node), definition(node)
  redis.call('HDEL', DONE, node)
  if spec:sub(1, 1) == 'L' or spec:sub(1, 1) == 'A' then
    local last = math.max(l and l.attempt or 0, tonumber(record and record:match('^%u|(%d+)') or 0))
    if last > passed(node) then pass(node, last) end
    return redis.call('HDEL', LIVE, node)
  end
  if spec:sub(1, 1) == 'G' then return renew_graph(node) end
  local size, active = redis.call('HGET', DONE, node .. ':end'), redis.call('HGET', POOL, node)
  if not record and not active then return end -- it has not begun
  local n = (size or ''):match('^%d+') or (active or ''):match('^P|(%d+)') or attr(spec, 'n')
  redis.call('HDEL', DONE, node .. ':end')
  redis.call('HDEL', POOL, node)
  pools[node] = nil
  for i = 0, tonumber(n) - 1 do renew(node .. '.' .. i) end
end

local function call(callback, given)
  if ahead then renew(callback) end
  return activate(callback, given)
end
