-- Purpose: adds items to an active pool, all at once: given here, or uploaded before under a token.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 number of items  3 number of leaves in them  4 token of the upload, or ''
--       5 their priorities as `level:first-last ...`, counted from the first of them, or ''  then the items
-- RETURNS: {'ok', effects, first index} | {'gone'} | {'closed'} | {'full', {}, room} | {'expired'} upload is gone
-- include: everything
local node, count, token = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local function refuse(word, ...)
  if token ~= '' then redis.call('UNLINK', DEF .. ':' .. token) end
  return reply(word, ...)
end
if not status then return refuse('gone') end
local p = get_pool(node)
if not p or not p.open or p.stopped then return refuse('closed') end
local spec = definition(node)
local limit = number(spec, 'max')
if limit and p.n + count > limit then return refuse('full', limit - p.n) end
local first = p.n
if token ~= '' then
  local upload = DEF .. ':' .. token
  if redis.call('EXISTS', upload) == 0 then return reply('expired') end
  redis.call('PERSIST', upload)
  local field = node .. ':segments'
  local known = redis.call('HGET', POOL, field) or ''
  redis.call('HSET', POOL, field, known .. first .. ':' .. count .. ':' .. token .. ' ')
  redis.call('HSET', root, 'segments', (redis.call('HGET', root, 'segments') or '') .. token .. ' ')
end
for i = 6, #ARGV do redis.call('HSET', DEF, node .. '.' .. (first + i - 6), ARGV[i]) end
if ARGV[5] ~= '' then mix(node, p) end
p.n = p.n + count
if p.mixed then line_up_all(node, ARGV[5] ~= '' and ARGV[5] or '2:0-' .. (count - 1), first) end
redis.call('HINCRBY', root, 'total', ARGV[3])
emit('added', node, 'c', count)
pump(node, spec, p)
return reply('ok', first)
