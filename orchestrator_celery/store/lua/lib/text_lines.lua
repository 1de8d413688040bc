-- Writes lines of `text_blocks`.
local FULL = 16000 -- bytes of a block that gets no further line at its end; a line in its middle splits it at twice this size

local function clock(created)
  return string.format('%015.0f', math.max(0, math.min(tonumber(created) or 0, 999999999999999)))
end

local function comes_after(time, run, line)
  local other = line:sub(1, TIME)
  return time > other or time == other and before(line:match('^[^\31]*', TIME + 1), run)
end

local function write_block(start, data)
  if data ~= '' then return redis.call('SET', text_key(start), data) end
  redis.call('DEL', text_key(start))
  redis.call('ZREM', texts_key, start)
end

-- The text of a block without the line that begins so.
local function without(data, first)
  local from = (LINE .. data):find(LINE .. first, 1, true)
  if not from then return data end
  return data:sub(1, from - 1) .. data:sub((data:find(LINE, from, true) or #data) + 1)
end

local function drop_text(run, created)
  local time = clock(created)
  local start = block_of(time)
  local data = start and redis.call('GET', text_key(start)) or ''
  local left = without(data, time .. run .. NAME)
  if left ~= data then write_block(start, left) end
end

local function new_block(start, data)
  redis.call('ZADD', texts_key, start, start)
  redis.call('SET', text_key(start), data)
end

