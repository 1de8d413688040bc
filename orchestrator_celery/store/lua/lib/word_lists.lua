-- Reads the runs of several words in one order, without repetitions.
local function comes_first(a, b) return a.time > b.time or a.time == b.time and before(b.run, a.run) end

-- The next runs under one word, after a run, and their times; and whether there may be more.
local function next_under(key, time, run, chunk)
  local runs, times, offset, bound = {}, {}, 0, upper_bound(time, run)
  while true do
    local page = redis.call('ZREVRANGEBYSCORE', key, bound, low, 'WITHSCORES', 'LIMIT', offset, chunk)
    work = work + 1 + #page / 2
    for k = 1, #page, 2 do
      if page[k + 1] ~= time or before(page[k], run) then runs[#runs + 1], times[#times + 1] = page[k], page[k + 1] end
    end
    if #page < 2 * chunk then return runs, times, false end
    if #runs > 0 then return runs, times, true end
    offset = offset + chunk
  end
end

local function fill(list, chunk)
  if list.entries[list.next] or not list.more then return end
  local runs, times, more = next_under(list.key, list.time, list.run, chunk)
  list.entries, list.next, list.more = {}, 1, more
  for k, run in ipairs(runs) do list.entries[k] = { run = run, time = tonumber(times[k]), score = times[k] } end
  list.time, list.run = times[#runs] or list.time, runs[#runs] or list.run
end

-- Moves entries up to a bound from a list to others.
local function take_until(list, bound, all)
  local entry = list.entries[list.next]
  while entry and not (bound and comes_first(bound, entry)) do
    all[#all + 1], list.next = entry, list.next + 1
    entry = list.entries[list.next]
  end
end
