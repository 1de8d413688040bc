-- Purpose: lets one delivery of a leaf's message run its body, and no other (invariant 2).
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 owner  6 the app of the worker, or '' for any
-- RETURNS: {'ok', {}, checkpoint, routes?, given?, last?, visits?, looked at?} routes: definition of a graph's node whose edges
--          the process may choose; what they look at beside the result | {'gone'} no such run | {'held'} the run is not running | {'stale'} superseded or ended
--          | {'foreign', {}, name of its app} the run belongs to another app
--          | {'duplicate', {}, owner} another delivery is running
-- include: run reply send live packed definition graph looked_at
local node, attempt, retries, nesting = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not status then return reply('gone') end
local app = redis.call('HMGET', root, 'app', 'app_name')
if app[1] and ARGV[6] ~= '' and app[1] ~= ARGV[6] then return reply('foreign', app[2] or '') end
local function veto(word, ...)
  emit('vetoed', node, 'a', attempt, 'r', word)
  return reply(word, ...)
end
local l = get_live(node)
-- The end of a run that stands in for a task is the end of what runs, which may finish.
if held and not (l and l.state == 'D') then return veto('held') end
if not l or l.attempt ~= attempt or is_no_message(l) then return veto('stale') end
local order = compare_fence(retries, nesting, l)
if order < 0 then return veto('stale') end
if l.state == 'H' then return veto('held') end
if order == 0 and l.state == 'R' then return veto('duplicate', l.owner) end
l.state, l.retries, l.nesting, l.since, l.owner = 'R', retries, nesting, now, ARGV[5]
put_live(node, l)
redis.call('HDEL', root .. ':p', node) -- this body has said nothing yet
if status == 'PENDING' then
  redis.call('HSET', root, 'status', 'RUNNING', 'started', now)
  emit('status', '$', 's', 'RUNNING')
end
emit('started', node, 'a', attempt, 'w', ARGV[5])
local kept = (attempt > 1 or retries > 0) and (redis.call('HGET', root .. ':c', node) or '')
local routes = graphed and redis.call('HGET', DEF, node:match('^(.*)%.%d+$') or '')
local may_choose = routes and routes:match('^N [^\n]* ro=(%d)') -- what comes next: by its result, or by others as well
if may_choose == '1' then return reply('ok', kept or '', routes) end
if may_choose == '2' then
  local graph, key = node:match('^(.*)%.(%d+%.%d+)$')
  local g = get_graph(graph)
  return reply('ok', kept or '', routes, g.input, cjson.encode(g.last), g.on[key].n or 0, looked_at(g, routes))
end
if kept then return reply('ok', kept) end
return reply('ok')
