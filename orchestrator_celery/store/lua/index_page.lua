-- Purpose: reads the next runs of a list that stand under all the words of a filter, the newest first. Reads only.
-- KEYS: 1 the key of the index
-- ARGV: 1 most runs to return  2 most runs to look at  3 earliest time of creation  4 latest time  5 time of the last run before, or
--       ''  6 that run  7 text that the id or a name has, in lower case, or ''  8 number of names with that text
--       9.. these names as words; then of each condition: 1: under one of its words, or 0: under none, their number, the words.
--       The list is that of the first condition.
-- RETURNS: {'ok', runs and times of creation, time of the last run looked at or '' at the end, that run}
local base, ARG = KEYS[1], 9
local wanted, left, low, high, start_time, start_run, text = unpack(ARGV, 1, 7)
wanted, left = tonumber(wanted), tonumber(left)
local chunk

local function words_from(count)
  local words = {}
  for j = 1, count do words[j] = base .. ':' .. ARGV[ARG + j - 1] end
  ARG = ARG + count
  return words
end
-- Redis orders runs of the same millisecond by the bytes of their ids. Lua would compare by the rules of a language.
local function before(one, other)
  for k = 1, math.min(#one, #other) do
    if one:byte(k) ~= other:byte(k) then return one:byte(k) < other:byte(k) end
  end
  return #one < #other
end

local function comes_first(a, b) return a.time > b.time or a.time == b.time and before(b.run, a.run) end
-- The next runs under one word, after a run, and their times; and whether there may be more.
local function next_under(key, time, run)
  local runs, times, offset = {}, {}, 0
  while true do
    local page = redis.call('ZREVRANGEBYSCORE', key, time ~= '' and time or high, low, 'WITHSCORES', 'LIMIT', offset, chunk)
    for k = 1, #page, 2 do
      if page[k + 1] ~= time or before(page[k], run) then runs[#runs + 1], times[#times + 1] = page[k], page[k + 1] end
    end
    if #page < 2 * chunk then return runs, times, false end
    if #runs > 0 then return runs, times, true end
    offset = offset + chunk
  end
end

local function fill(source)
  if source.entries[source.next] or not source.more then return end
  local runs, times, more = next_under(source.key, source.time, source.run)
  source.entries, source.next, source.more = {}, 1, more
  for k, run in ipairs(runs) do source.entries[k] = { run = run, time = tonumber(times[k]), score = times[k] } end
  source.time, source.run = times[#runs] or source.time, runs[#runs] or source.run
end

-- The next runs of several words, without repetitions, as far as no word can have runs between them.
local function merged(sources, run)
  local all, runs, times, bound = {}, {}, {}, nil
  for _, source in ipairs(sources) do
    fill(source)
    local last = source.entries[#source.entries]
    if source.more and (not bound or comes_first(last, bound)) then bound = last end
  end
  for _, source in ipairs(sources) do
    local entry = source.entries[source.next]
    while entry and not (bound and comes_first(bound, entry)) do
      all[#all + 1], source.next = entry, source.next + 1
      entry = source.entries[source.next]
    end
  end
  table.sort(all, comes_first)
  for _, entry in ipairs(all) do
    if entry.run ~= run then runs[#runs + 1], times[#times + 1] = entry.run, entry.score end
    run = entry.run
  end
  return runs, times, bound ~= nil
end

-- Which of the runs stand under one of the words.
local function under(keys, runs)
  local found = {}
  for _, key in ipairs(keys) do
    local scores = redis.call('ZMSCORE', key, unpack(runs))
    for k = 1, #runs do found[k] = found[k] or scores[k] end
  end
  return found
end

local names, conditions, sources = words_from(tonumber(ARGV[8])), {}, {}
while ARGV[ARG] do
  ARG = ARG + 2
  conditions[#conditions + 1] = { wanted = ARGV[ARG - 2] == '1', keys = words_from(tonumber(ARGV[ARG - 1])) }
end
chunk = math.max(20, math.min(200, math.floor(400 / #conditions[1].keys))) -- of each word
for k, key in ipairs(conditions[1].keys) do
  sources[k] = { key = key, time = start_time, run = start_run, entries = {}, next = 1, more = true }
end

-- The places of the runs that fit.
local function fitting(runs)
  local out, places = {}, {}
  for number = 2, #conditions do
    local found, must = under(conditions[number].keys, runs), conditions[number].wanted
    for k = 1, #runs do out[k] = out[k] or (found[k] and true or false) ~= must end
  end
  local named = text ~= '' and under(names, runs)
  for k, run in ipairs(runs) do -- other letters than those of ASCII are compared by the caller
    if not out[k] and (not named or named[k] or run:lower():find(text, 1, true) or run:find('[\128-\255]')) then
      places[#places + 1] = k
    end
  end
  return places
end

local answer, more, time, run = {}, true, start_time, start_run
while more and left > 0 do
  local runs, times
  if #sources == 1 then runs, times, more = next_under(sources[1].key, time, run)
  else runs, times, more = merged(sources, run) end
  for _, k in ipairs(#runs > 0 and fitting(runs) or {}) do
    answer[#answer + 1], answer[#answer + 2] = runs[k], times[k]
    if #answer >= 2 * wanted and (k < #runs or more) then return { 'ok', answer, times[k], runs[k] } end
  end
  time, run, left = times[#runs] or time, runs[#runs] or run, left - #runs
end
return { 'ok', answer, more and time or '', run }
