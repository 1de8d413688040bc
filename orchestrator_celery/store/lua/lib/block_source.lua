-- Reads all runs, or those with a text, from `text_blocks`: one block after the other, from the newest run to the oldest.

-- The id of the run of a line.
local function run_of(line) return line:sub(TIME + 1, line:find(NAME, TIME + 1, true) - 1) end

-- The lines that are within the bounds of the list, and not read yet.
local function unread(lines)
  local kept, time = {}, tonumber(position_time)
  local least, most = low == '-inf' and -1 or tonumber(low), high == '+inf' and 1e15 or tonumber(high)
  for _, line in ipairs(lines) do
    local at = tonumber(line:sub(1, TIME), 10)
    local is_next = not time or at < time or at == time and before(run_of(line), position_run)
    if is_next and at >= least and at <= most then kept[#kept + 1] = line end
  end
  return kept
end

local function block_source(texts)
  local source, is_first = {}, true

  -- The time up to which so many blocks reach; nil for the oldest of all.
  function source.far(step)
    local bound = upper_bound(position_time, position_run)
    local start = redis.call('ZREVRANGEBYSCORE', texts_key, bound, '-inf', 'LIMIT', step - 1, 1)[1]
    return start ~= '-inf' and start or nil
  end

  function source.restart() end

  function source.read()
    local runs, start = {}, block_of(upper_bound(position_time, position_run))
    if not start then return runs, tostring, false end
    local is_last = start == '-inf' or low ~= '-inf' and tonumber(start, 10) <= tonumber(low)
    local data = redis.call('GET', text_key(start)) or ''
    work = work + 10
    local lines = block_fits(texts, data) and fitting_lines(texts, data) or {}
    if is_first or is_last then lines = unread(lines) end
    is_first = false
    local count = #lines
    for k = count, 1, -1 do runs[#runs + 1] = run_of(lines[k]) end
    move_to(start, '')
    return runs, function(k) return lines[count + 1 - k]:sub(1, TIME) end, not is_last
  end

  return source
end
