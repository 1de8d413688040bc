-- Purpose: stops a run and deletes all it holds. What is left for a moment says that it was cancelled, and what is
--          still to be done about that: tell Celery, stop bodies, write the audit entry.
-- KEYS: 1 root key of the run
-- ARGV: 1 token of the plan that was confirmed, or ''  2 who and why, for the audit trail
-- RETURNS: {'ok'} | {'gone'} no such run | {'changed'} the run is no longer what the plan says
-- include: run reply send live packed definition called
if not status then return reply('gone') end
local KEPT = { 'created', 'name', 'kind', 'total', 'done', 'failed', 'close', 'closed', 'retold', 'window', 'events', 'signature', 'outer',
  'app' }
local kept = redis.call('HMGET', root, unpack(KEPT))
if ARGV[1] ~= '' and ARGV[1] ~= plan_token(status, kept[1], kept[4]) then return reply('changed') end
local bodies, entries, inner = {}, redis.call('HGETALL', LIVE), redis.call('SMEMBERS', root .. ':i')
local under, cleanups = redis.call('HGETALL', POOL), {} -- what a swarm does after an item, it does after this too
local function clean_up(item, attempt, counts)
  local pool, index = item:match('^(.*)%.(%d+)$')
  local spec = pool and in_tree(item) and definition(pool)
  if not spec or spec:sub(1, 1) ~= 'P' then return end
  for i = 0, (tonumber(counts:match(';%d*,%d*,(%d*)$') or '') or number(spec, 'ac') or 0) - 1 do
    local callback = item .. '.c' .. i
    cleanups[#cleanups + 1] = { item .. '|' .. attempt .. '|' .. level_of(item), definition(item),
      redis.call('HGET', DEF, callback) or from_swarm(callback) }
  end
end
for i = 1, #under, 2 do
  if not under[i]:find(':', 1, true) then clean_up(under[i], 0, counts_of(definition(under[i]))) end
end
for i = 1, #entries, 2 do
  local l = parse_live(entries[i + 1])
  if l.state ~= 'Q' then clean_up(entries[i], l.attempt, l.callbacks) end
  if at_work(l) and entries[i] ~= '$' then
    bodies[#bodies + 1] = root:match('{(.*)}$') .. ':' .. entries[i] .. ':' .. l.attempt
  end
end
for _, key in ipairs(every_key()) do redis.call('UNLINK', key) end
redis.call('HSET', root, 'status', 'CANCELLED', 'before', status, 'audit', ARGV[2],
  'bodies', cjson.encode(bodies), 'inner', cjson.encode(inner))
for i, cleanup in ipairs(cleanups) do
  redis.call('HSET', root, 'clean:' .. i .. ':item', cleanup[1], 'clean:' .. i .. ':definition', cleanup[2],
    'clean:' .. i .. ':call', cleanup[3])
end
for i, name in ipairs(KEPT) do
  if kept[i] then redis.call('HSET', root, name, kept[i]) end
end
return reply('ok')
