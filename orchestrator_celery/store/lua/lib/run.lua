-- The run of this call: names of its keys, its settings, the clock (invariant 10: the store's), the reply.
local root = KEYS[1]
local DEF, LIVE, DONE, POOL, EVENTS = root .. ':d', root .. ':l', root .. ':t', root .. ':m', root .. ':e'
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local head = redis.call('HMGET', root, 'status', 'window', 'events', 'mixed', 'graph', 'ahead', 'created', 'waits', 'base')
local status, window, max_events = head[1], tonumber(head[2]), head[3]
local mixed = head[4]   -- some of its items have a priority
local graphed = head[5] -- there is a graph in it
local ahead = head[6]   -- nodes may have records before their turn: skipped, or kept from before
local born = head[7] or '' -- tells it from a cancelled run of the same id
local waits = head[8]   -- it has a delay, and has not started
local base = tonumber(head[9]) or 0 -- attempts before the first: of an earlier run of the same id
local cancelled = status == 'CANCELLED'
if cancelled then status = false end -- to every verb but those that finish it, it is gone
local held = status == 'SUSPENDED' or status == 'INTERRUPTED' -- nothing may start
local effects = {}
local activate, up -- the two ends of the recursion over the tree
local begin_graph, visit_ended -- the same for graphs
local runner_ended -- a message that worked off items of a pool is dealt with
local flush        -- writes the pools' counters, once, at the end

-- A message that works off several items of a pool; it is no part of the tree, and no event tells of it.
local function is_runner(node)
  return node:find('%.b%d+$') ~= nil
end

local function emit(kind, node, ...)
  if is_runner(node) then return end
  return redis.call('XADD', EVENTS, 'MAXLEN', '~', max_events, '*', 't', kind, 'n', node, ...)
end

local function attr(spec, name)
  return spec:match('^[^\n]* ' .. name .. '=([^ \n]+)')
end

local function number(spec, name)
  return tonumber(attr(spec, name))
end

local function in_tree(node) -- callbacks have a letter in their path and never count
  return not node:find('%a')
end
