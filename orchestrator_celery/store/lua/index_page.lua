-- Purpose: reads the next runs of a list that stand under all the words of a filter, the newest first. Reads only.
-- KEYS: 1 the key of the index
-- ARGV: 1 most runs to return  2 most runs to look at  3 earliest time of creation  4 latest time  5 time of the last run before, or
--       ''  6 that run  7 text that the id or a name has, in lower case, or ''  8 number of names with that text
--       9.. these names as words; then of each condition: 1 or 0, whether a run has to be under one of its words or under none,
--       their number, and the words. The list is that of the first condition.
-- RETURNS: {'ok', runs and times of creation, time of the last run looked at or '' at the end, that run}
local base, ARG = KEYS[1], 9
local wanted, left, low, high = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local time, run, text = ARGV[5], ARGV[6], ARGV[7]
local CHUNK = 200

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

-- The next runs under one word, and whether there may be more.
local function next_under(key)
  local found, offset = {}, 0
  local top = time ~= '' and time or high
  while true do
    local page = redis.call('ZREVRANGEBYSCORE', key, top, low, 'WITHSCORES', 'LIMIT', offset, CHUNK)
    for k = 1, #page, 2 do
      local moment = tonumber(page[k + 1])
      if time == '' or moment < tonumber(time) or before(page[k], run) then
        found[#found + 1] = { run = page[k], time = moment, score = page[k + 1] }
      end
    end
    if #page < 2 * CHUNK then return found, false end
    if #found > 0 then return found, true end
    offset = offset + CHUNK
  end
end

-- The next runs of the list, without repetitions, as far as no word can have runs between them.
local function next_of(keys)
  if #keys == 1 then return next_under(keys[1]) end
  local all, bound = {}, nil
  for _, key in ipairs(keys) do
    local found, more = next_under(key)
    for _, entry in ipairs(found) do all[#all + 1] = entry end
    local last = found[#found]
    if more and (not bound or comes_first(last, bound)) then bound = last end
  end
  table.sort(all, comes_first)
  local entries = {}
  for _, entry in ipairs(all) do
    if bound and comes_first(bound, entry) then break end
    if not entries[1] or entries[#entries].run ~= entry.run then entries[#entries + 1] = entry end
  end
  return entries, bound ~= nil
end

-- Which of the runs stand under one of the words.
local function under(keys, runs)
  local found = {}
  for _, key in ipairs(keys) do
    for k, score in ipairs(redis.call('ZMSCORE', key, unpack(runs))) do found[k] = found[k] or score end
  end
  return found
end

local names, conditions = words_from(tonumber(ARGV[8])), {}
while ARGV[ARG] do
  ARG = ARG + 2
  conditions[#conditions + 1] = { wanted = ARGV[ARG - 2] == '1', keys = words_from(tonumber(ARGV[ARG - 1])) }
end

local function fitting(entries)
  local runs, fits = {}, {}
  for k, entry in ipairs(entries) do runs[k], fits[k] = entry.run, true end
  for number, condition in ipairs(conditions) do
    local found = number > 1 and under(condition.keys, runs)
    for k = 1, found and #runs or 0 do fits[k] = fits[k] and (found[k] and true or false) == condition.wanted end
  end
  if text ~= '' then
    local named = under(names, runs)
    for k, id in ipairs(runs) do -- other letters than those of ASCII are compared by the caller
      fits[k] = fits[k] and (named[k] or id:lower():find(text, 1, true) or id:find('[\128-\255]')) and true or false
    end
  end
  return fits
end

local answer, more = {}, true
while more and left > 0 and #answer < 2 * wanted do
  local entries
  entries, more = next_of(conditions[1].keys)
  local fits = #entries > 0 and fitting(entries) or {}
  for k, entry in ipairs(entries) do
    time, run = entry.score, entry.run
    if fits[k] then answer[#answer + 1], answer[#answer + 2] = run, time end
    if #answer >= 2 * wanted and (k < #entries or more) then return { 'ok', answer, time, run } end
  end
  left = left - #entries
end
return { 'ok', answer, more and time or '', run }
