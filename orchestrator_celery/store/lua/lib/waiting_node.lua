-- A node that has not started is taken out.
local function visited(node) -- how a graph's node was visited last, if it was
  local graph, at = node:match('^(.*)%.(%d+)$')
  local g = definition(node):sub(1, 2) == 'N ' and get_graph(graph)
  if not g or not g.k[at] then return nil end
  local record = redis.call('HGET', DONE, node .. '.' .. g.k[at] - 1)
  return record and WORDS[record:sub(1, 1)] or 'RUNNING'
end

local function has_begun(node) -- its state, if it has, or if it never will
  local record, l = redis.call('HGET', DONE, node), get_live(node)
  if record then return WORDS[record:sub(1, 1)] end
  if l then return WORDS[l.state] end
  if redis.call('HEXISTS', POOL, node) == 1 then return 'RUNNING' end
  if not l and visited(node) then return visited(node) end
  for _, way in ipairs(above(node)) do
    if redis.call('HEXISTS', DONE, way[1]) == 1 then return 'SKIPPED' end
  end
end

local function leaves_below(node) -- as far as they have not ended, and are not skipped
  if redis.call('HEXISTS', DONE, node) == 1 then return 0 end
  local spec, found = definition(node), 0
  if spec:sub(1, 1) == 'L' or spec:sub(1, 1) == 'A' then return 1 end
  if spec:sub(1, 1) == 'N' then return number(spec, 'w') end
  local n = tonumber(redis.call('HGET', DONE, node .. ':ahead') or '') or number(spec, 'n')
  for i = 0, n - 1 do found = found + leaves_below(node .. '.' .. i) end
  return found
end

-- It waits for its turn: it is passed by when that comes, or, in a pool under way, leaves the line.
local function mark(node, leaves)
  local parent, index = node:match('^(.*)%.(%d+)$')
  local spec, p = definition(parent), get_pool(parent)
  redis.call('HSET', DONE, node, table.concat({ 'K', 0, now, now, '' }, '|') .. '\n' .. leaves)
  emit('skipped', node)
  if p then
    mix(parent, p)
    take_out(parent, tonumber(index), tonumber(index))
    p.next, p.done = p.next + 1, p.done + 1
    return drained(parent, spec, p)
  end
  if spec:sub(1, 1) == 'P' then redis.call('HSETNX', DONE, parent .. ':ahead', '') end
end
