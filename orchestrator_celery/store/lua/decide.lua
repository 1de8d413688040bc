-- Purpose: records what was decided about a visit of a graph's node, and moves its token on, in one step.
-- KEYS: 1 root key of the run
-- ARGV: 1 graph, node and visit, as `0.3.2`; the node is `S` for START  2 verdict: `go`, `again`, `stop`, `with`, `map` or
--       `fail`
--       3 go: targets; again: milliseconds until then; map: number of elements; fail: the error
--       4 with: inputs; map: the list; go: what goes on, from START to END or past a node that is skipped
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} it was recorded before, or the run has ended
-- include: everything
if not status then return reply('gone') end
local own = ARGV[1]
local node, at, k = own:match('^(.*)%.(%w+)%.(%d+)$')
local field, key = decision_of(node, at, k), at .. '.' .. k
local l = get_live(field)
local g = l and get_graph(node)
if not g then return reply('stale') end
redis.call('HDEL', LIVE, field)
local why, ref = l.input:match('^(%a+):(.*)$')

local function try_again()
  local through, tries = g.on[key], redis.call('HGET', DONE, own .. ':tries') or 0
  local spec = definition(node .. '.' .. at)
  local w = number(spec, 'w')
  redis.call('HSET', DONE, node .. '.' .. at .. '.' .. g.k[at] .. ':tries', tries + 1)
  if attr(spec, 'in') and redis.call('HEXISTS', DONE, own .. ':kw') == 0 then
    w = 0 -- it had no inputs, and has not begun
  elseif attr(spec, 'mp') then -- without a list nothing of it has been counted
    local before = redis.call('HGET', DEF, own)
    graph_counts(node, 'total', before and number(before, 'n') * w)
  elseif w == 1 then
    graph_counts(node, 'failed', -1)
  else
    graph_counts(node, 'total', w)
  end
  g.on[key], delay = nil, tonumber(ARGV[3])
  visit(node, g, at, redis.call('HGET', DONE, own .. ':in'), through, own)
  delay = 0
end

local function map()
  graph_counts(node, 'total', (ARGV[3] - 1) * number(definition(node .. '.' .. at), 'w'))
  map_over(node, at, own, ARGV[3], ARGV[4])
end

local before = why == 'map' or why == 'in' -- the body begins
local function refuse() -- an error of the decision itself
  local id = before and own or own .. '.r'
  redis.call('HSET', DONE, id, table.concat({ 'F', 0, now, now, '' }, '|') .. '\n' .. ARGV[3])
  if before then
    emit('failed', own)
    return visit_ended(node .. '.' .. at, k, 'F', own)
  end
  give_up(g, key, why, ref)
  fail_graph(node, g, id)
end

g.busy = true
if g.err then
  give_up(g, key, before and 'W' or why, ref)
elseif ARGV[2] == 'go' then
  local value = (why == 'skip' and own or node) .. '.r' -- of what has none of its own
  if ARGV[4] ~= '' then redis.call('HSET', DONE, value, table.concat({ 'S', 0, now, now, '' }, '|') .. '\n' .. ARGV[4]) end
  leave(node, g, at, k, why == 'F' and 'w:' .. ref or why == 'skip' and value or ref, ARGV[3], why ~= 'F')
elseif ARGV[2] == 'again' then
  try_again()
elseif ARGV[2] == 'map' then
  map()
elseif ARGV[2] == 'with' then
  redis.call('HSET', DONE, own .. ':kw', ARGV[4])
  start(node, at, k, redis.call('HGET', DONE, own .. ':in'))
elseif ARGV[2] == 'stop' then
  give_up(g, key, 'F', ref)
  fail_graph(node, g, ref)
else
  refuse()
end
g.busy = nil
drive(node, g)
return reply('ok')
