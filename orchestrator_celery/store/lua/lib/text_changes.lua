-- Puts lines into `text_blocks`. A new run mostly comes last, which costs no look at its block.

-- Cut a block in two where the time changes, near its middle.
local function split_block(start, lines)
  local half = math.floor(#lines / 2) + 1
  for k = half, #lines do
    if lines[k]:sub(1, TIME) ~= lines[k - 1]:sub(1, TIME) then
      new_block(lines[k]:sub(1, TIME), table.concat(lines, LINE, k) .. LINE)
      return write_block(start, table.concat(lines, LINE, 1, k - 1) .. LINE)
    end
  end
  write_block(start, table.concat(lines, LINE) .. LINE)
end

local function insert_line(start, time, run, line)
  local data = redis.call('GET', text_key(start)) or ''
  if (LINE .. data):find(LINE .. line .. LINE, 1, true) then return end
  local lines, place = {}, 1
  for other in without(data, time .. run .. NAME):gmatch('[^\30]+') do
    lines[#lines + 1] = other
    if comes_after(time, run, other) then place = #lines + 1 end
  end
  table.insert(lines, place, line)
  if #data + #line > 2 * FULL then return split_block(start, lines) end
  write_block(start, table.concat(lines, LINE) .. LINE)
end

local function put_text(run, created, text)
  local time = clock(created)
  local line, start = time .. run .. NAME .. text, block_of(time)
  if not start then return insert_line('-inf', time, run, line, redis.call('ZADD', texts_key, '-inf', '-inf')) end
  local last = redis.call('GETRANGE', text_key(start), -500, -1):match('.*\30(.+)\30$')
  if not (last and comes_after(time, run, last)) then return insert_line(start, time, run, line) end
  if redis.call('STRLEN', text_key(start)) < FULL or last:sub(1, TIME) == time then
    return redis.call('APPEND', text_key(start), line .. LINE)
  end
  redis.call('SET', text_key(start), redis.call('GET', text_key(start))) -- APPEND reserves up to the same size again
  new_block(time, line .. LINE)
end
