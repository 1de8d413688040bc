-- Purpose: reads definitions of nodes, wherever they are kept, with one command for each key. Reads only.
-- KEYS: 1 root key of the run or signature
-- ARGV: 1.. nodes
-- RETURNS: {'ok', {}, definitions} in the order asked, '' for a node without a definition; possibly a packed tree
-- include: outbox
local found, pools_of_items, wanted = redis.call('HMGET', definitions_key, unpack(ARGV)), {}, {}

local function segments_of(pool_id) -- where items lie that were added in bulk
  if not pools_of_items[pool_id] then
    local list, text = {}, redis.call('HGET', active_key, pool_id .. BESIDE.segments) or ''
    for first, count, token in text:gmatch('(%d+):(%d+):(%w+)') do
      list[#list + 1] = { from = tonumber(first), count = tonumber(count), token = token }
    end
    pools_of_items[pool_id] = list
  end
  return pools_of_items[pool_id]
end

local function want(place, pool_id, index)
  for _, segment in ipairs(segments_of(pool_id)) do
    local offset = index - segment.from
    if offset >= 0 and offset < segment.count then
      local key = definitions_key .. ':' .. segment.token
      wanted[key] = wanted[key] or { places = {}, offsets = {} }
      table.insert(wanted[key].places, place)
      table.insert(wanted[key].offsets, offset)
      return
    end
  end
end

for i, node in ipairs(ARGV) do
  local pool_id, index = parent_and_index(node)
  if not found[i] and pool_id then want(i, pool_id, tonumber(index)) end
end
for key, items in pairs(wanted) do
  for n, definition in ipairs(redis.call('HMGET', key, unpack(items.offsets))) do found[items.places[n]] = definition end
end
for i, node in ipairs(ARGV) do found[i] = found[i] or packed_definition_of(node) or '' end
return reply('ok', found)
