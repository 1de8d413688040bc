-- Purpose: reads definitions of nodes, wherever they are kept. Reads only.
-- KEYS: 1 root key of the run or signature
-- ARGV: 1.. nodes
-- RETURNS: {'ok', {}, definitions} in the order asked, '' for a node without a definition; possibly a packed tree
-- include: outbox
local found, pools_of_items = redis.call('HMGET', definitions_key, unpack(ARGV)), {}

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

local function item_from(pool_id, index)
  for _, segment in ipairs(segments_of(pool_id)) do
    local place = index - segment.from
    if place >= 0 and place < segment.count then
      return item_of_upload(definitions_key .. ':' .. segment.token, place)
    end
  end
end

for i, node in ipairs(ARGV) do
  local pool_id, index = parent_and_index(node)
  if not found[i] and pool_id then found[i] = item_from(pool_id, tonumber(index)) end
end
for i, node in ipairs(ARGV) do found[i] = found[i] or packed_definition_of(node) or '' end
return reply('ok', found)
