-- Purpose: a task adds an item to the header of the chord it is in; while it is at work the header cannot end.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting of the body  5 number of the addition within it  6 number of leaves in the item
--       7 the item
-- RETURNS: {'ok', effects, node of the item} | {'gone'} no such run | {'stale'} this body was superseded or has ended already
--          | {'closed'} the task is in no chord
-- include: everything header
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
local header = header_of(node)
local p = header and get_pool(header)
if not p then return reply('closed') end
-- A body that runs again, after a lost process or in a later run of the same, finds what it added the first time.
local place = node .. ':add:' .. ARGV[3] .. ':' .. ARGV[4] .. ':' .. ARGV[5]
local known = tonumber(redis.call('HGET', DEF, place))
if known and known < p.n then return reply('ok', header .. '.' .. known) end
local item = header .. '.' .. p.n
redis.call('HSET', DEF, place, p.n, item, ARGV[7])
p.n = p.n + 1
-- From now on it is part of what the run consists of.
redis.call('HSET', DEF, header, (definition(header):gsub(' n=%d+', ' n=' .. p.n, 1)))
redis.call('HINCRBY', root, 'total', ARGV[6])
emit('added', header, 'c', 1)
pump(header, definition(header), p)
return reply('ok', item)
