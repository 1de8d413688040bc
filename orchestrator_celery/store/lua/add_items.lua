-- Purpose: adds items to an active pool, all at once. The items are arguments, or were uploaded before under a token.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 number of items  3 number of leaves in them  4 token of the upload, or ''
--       5 their priorities, counted from the first of them, or ''  6.. the items
-- RETURNS: {'ok', effects, first index} | {'gone'} there is no such run | {'closed'} the pool takes no items
--          | {'full', {}, room} more than the pool may have | {'expired'} the upload was dropped
--          | {'unfinished'} a retry is going on, and has to be finished with `go_on_retry` first
-- include: everything resend asked once
local pool_id, count, token, priorities = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[5]
local upload = definitions_key .. ':' .. token
local function refuse(word, ...)
  if token ~= '' then redis.call('UNLINK', upload) end
  return reply(word, ...)
end
if not status then return refuse('gone') end
if redis.call('HEXISTS', root, HEAD.retry) == 1 then return reply('unfinished') end
local pool = get_pool(pool_id)
if not pool or not pool.open or pool.stopped or withdrawn_with(pool_id) then return refuse('closed') end
local definition = definition_of(pool_id)
local max_items = number(definition, ATTRIBUTE.max_items)
if max_items and pool.size + count > max_items then return refuse('full', max_items - pool.size) end
local first = pool.size
if token ~= '' then
  if redis.call('EXISTS', upload) == 0 then return reply('expired') end
  redis.call('PERSIST', upload)
  local field = pool_id .. BESIDE.segments
  local segments = redis.call('HGET', active_key, field) or ''
  redis.call('HSET', active_key, field, segments .. first .. ':' .. count .. ':' .. token .. ' ')
  -- An earlier release, which may have created the run, does not find items in blocks.
  redis.call('HSET', root, HEAD.segments, (redis.call('HGET', root, HEAD.segments) or '') .. token .. ' ',
    HEAD.format, FORMAT.version)
end
local fields = {}
for i = 6, #ARGV do
  fields[#fields + 1], fields[#fields + 2] = pool_id .. '.' .. (first + i - 6), ARGV[i]
end
if #fields > 0 then redis.call('HSET', definitions_key, unpack(fields)) end
if priorities ~= '' then mix(pool_id, pool) end
pool.size = pool.size + count
if pool.mixed then
  line_up_all(pool_id, priorities ~= '' and priorities or PRIORITY.medium .. ':0-' .. (count - 1), first)
end
redis.call('HINCRBY', root, HEAD.total, ARGV[3])
emit('added', pool_id, EVENT.count, count)
pump(pool_id, definition, pool)
return reply('ok', first)
