-- Reads the runs under some words, from the newest run to the oldest.

local function word_source(keys)
  local source, lists = {}, {}
  local chunk = math.max(20, math.min(200, math.floor(400 / #keys))) -- of each word

  function source.restart()
    for k, key in ipairs(keys) do
      lists[k] = { key = key, time = position_time, run = position_run, entries = {}, next = 1, more = true }
    end
  end

  -- The time up to which so many chunks reach; nil for the end. The first word has the most runs.
  function source.far(step)
    local bound = upper_bound(position_time, position_run)
    local rest = bound:sub(1, 1) == '(' and bound:sub(2) or '(' .. bound
    local newer = bound == '+inf' and 0 or redis.call('ZCOUNT', keys[1], rest, '+inf')
    local place = newer + step * chunk
    return redis.call('ZREVRANGE', keys[1], place, place, 'WITHSCORES')[2]
  end

  function source.read()
    local runs, times, more
    if #lists == 1 then runs, times, more = next_under(keys[1], position_time, position_run, chunk)
    else runs, times, more = merged(lists, chunk) end
    if #runs > 0 then move_to(times[#runs], runs[#runs]) end
    return runs, function(k) return times[k] end, more
  end

  source.restart()
  return source
end
