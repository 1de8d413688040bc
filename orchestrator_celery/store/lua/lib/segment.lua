-- Items that were added in bulk lie in the upload in which they came, a segment of their pool.
local newest = {} -- the block that was read last: items are mostly read in order
local function item_of_upload(upload, place)
  local field = block_field(place)
  if newest.upload ~= upload or newest.field ~= field then
    local text = redis.call('HGET', upload, field)
    newest = { upload = upload, field = field, block = text and parse_block(text) }
  end
  return newest.block and in_block(newest.block, place) or redis.call('HGET', upload, place)
end

local function from_segment(node)
  local pool_id, index = parent_and_index(node)
  local segments = pool_id and redis.call('HGET', active_key, pool_id .. BESIDE.segments)
  if not segments then return nil end
  index = tonumber(index)
  for first, count, token in segments:gmatch('(%d+):(%d+):(%w+)') do
    local place = index - tonumber(first)
    if place >= 0 and place < tonumber(count) then return item_of_upload(definitions_key .. ':' .. token, place) end
  end
end
