-- Purpose: a task adds an item to the header of the chord that contains it. The header cannot end while the task runs.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting of the body  5 number of the addition in the body  6 number of leaves in the item
--       7 the item
-- RETURNS: {'ok', effects, node of the item} | {'gone'} there is no such run | {'stale'} superseded, or ended already
--          | {'closed'} the task is in no chord
-- include: everything records/addition header resend asked once
if not status then return reply('gone') end
local node, retries, nesting = ARGV[1], ARGV[3], ARGV[4]
if not running_body(node, ARGV[2], retries, nesting) then return reply('stale') end
local header = header_of(node)
local pool = header and get_pool(header)
if not pool then return reply('closed') end
-- A body that runs again, after a lost process or in a rerun, finds the items that it added the first time.
local field = addition_field(node, retries, nesting, ARGV[5])
local known = tonumber(redis.call('HGET', definitions_key, field))
if known and known < pool.size then return reply('ok', header .. '.' .. known) end
local item = header .. '.' .. pool.size
redis.call('HSET', definitions_key, field, pool.size, item, ARGV[7])
pool.size = pool.size + 1
-- The item belongs to the definition of the run from now on.
redis.call('HSET', definitions_key, header, with_size(definition_of(header), pool.size))
redis.call('HINCRBY', root, HEAD.total, ARGV[6])
emit('added', header, EVENT.count, 1)
pump(header, definition_of(header), pool)
return reply('ok', item)
