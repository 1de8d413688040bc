-- Purpose: makes an uploaded run exist, at once and whole, and starts its first leaves, unless its head names a later `eta`.
-- KEYS: 1 root key of the run
-- ARGV: 1 token of the upload  2 number of fields of the head  3 token of records that a rerun takes over, or ''
--       4.. fields of the head: name, value, ...; then pools of which items have records
-- RETURNS: {'ok', effects, time of creation, more} more: 1 if `go_on_retry` counts the items of the pools, and starts the run
--          | {'exists', {}, ended, digest, status} the id is known; the upload is dropped,
--          nothing starts; ended: 1 if that run needs no look any more; digest: of its definition
--          | {'expired'} the upload was dropped
-- include: everything ancestors begin_run resend asked once
local first_pool = 4 + 2 * tonumber(ARGV[2])
local upload = definitions_key .. ':' .. ARGV[1]
local records = ARGV[3] ~= '' and definitions_key .. ':' .. ARGV[3] or nil
if status or cancelled then
  redis.call('UNLINK', upload, records or upload)
  return reply('exists', cancelled and 0 or redis.call('HEXISTS', root, HEAD.keep),
    redis.call('HGET', root, HEAD.digest) or '', status or STATUS.cancelled)
end
if redis.call('EXISTS', upload, records or upload) < 2 then return reply('expired') end
redis.call('RENAME', upload, definitions_key)
redis.call('PERSIST', definitions_key)
created = now
redis.call('HSET', root, HEAD.format, FORMAT.version, HEAD.status, STATUS.pending, HEAD.created, created,
  HEAD.done, 0, HEAD.failed, 0)
for i = 4, first_pool - 1, 2 do redis.call('HSET', root, ARGV[i], ARGV[i + 1]) end
if records then
  redis.call('RENAME', records, ended_key)
  redis.call('PERSIST', ended_key)
  redis.call('HSET', root, HEAD.ahead, 1)
  ahead = '1'
end
-- As in a retry, the items are counted in slices before the run starts.
local function count_items_first()
  local left = {}
  graphed = redis.call('HGET', root, HEAD.graph) -- the definition of a pool may be that of a graph's node
  for i = first_pool, #ARGV do
    for _, ancestor in ipairs(ancestors_of(ARGV[i])) do definition_of(ancestor.id) end -- unpacks what is below it
    local size = number(definition_of(ARGV[i]), ATTRIBUTE.size)
    left[#left + 1] = { pool = ARGV[i], size = size, next = 0, done = 0, failed = 0 }
    write_counted(ARGV[i], 0, 0) -- whoever deletes the run now finds its line
  end
  owe(HEAD.retry, cjson.encode(left))
end

local eta
window, max_events, eta, base = unpack(redis.call('HMGET', root, HEAD.window, HEAD.events, HEAD.eta, HEAD.base))
window, base = tonumber(window), tonumber(base) or 0
announce_status(STATUS.pending)
if eta and tonumber(eta) > tonumber(now) then
  wait_for_start() -- until `begin`
elseif first_pool <= #ARGV then
  set_deadline()
  count_items_first()
  return reply('ok', now, 1)
else
  begin_run()
end
return reply('ok', now)
