-- Blocks of definitions: see orchestrator_celery/records/pools/blocks.py.
local function block_field(place) return BESIDE.block .. math.floor(place / BLOCK.size) end

local function parse_block(text)
  local count, width, begin, end_, stops = text:match('^(%d+) (%d+) (%d+) (%d+)\n()')
  local begin_text = stops + count * width
  local end_text = begin_text + begin
  local rests = end_text + end_
  return {
    text = text, count = tonumber(count), width = tonumber(width), stops = stops, rests = rests,
    begin = text:sub(begin_text, end_text - 1), end_ = text:sub(end_text, rests - 1),
  }
end

-- The definition at a place of the upload; nil if the block ends before it.
local function in_block(block, place)
  local index, text, width = place % BLOCK.size, block.text, block.width
  if index >= block.count then return nil end
  local stop = block.stops + index * width
  local from = index == 0 and 0 or tonumber(text:sub(stop - width, stop - 1))
  local to = tonumber(text:sub(stop, stop + width - 1))
  return block.begin .. text:sub(block.rests + from, block.rests + to - 1) .. block.end_
end
