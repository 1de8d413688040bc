-- Purpose: reads the next runs of a list that stand under all the words of a filter, the newest first. Reads only.
-- KEYS: 1 the key of the index
-- ARGV: 1 most runs to return  2 most work, about as much as to look at so many runs  3 earliest time of creation  4 latest time
--       5 time of the last run before, or ''  6 that run; '' for all runs since that time  7.. conditions: of each its kind, the
--       number of its values, the values. A run is under one of the words of `list` or `in`, and under none of the words of
--       `out` or `apart`; no run is under two words of `apart`. It has one of the texts of `text`, none of those of `no text`; its name
--       is like one of the patterns of `name`, like none of those of `no name`. Each run is under one word of `all`. The runs
--       come from the words of `list`, else from the blocks of texts, which have all runs.
-- RETURNS: {'ok', runs and times of creation, time of the last run looked at or '' at the end, that run, the work}
-- include: byte_order text_blocks page_position text_search block_lines block_source word_lists merged_lists word_source barren_spans
local wanted, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
local conditions, texts, everything, listed = {}, {}, {}, nil

local function read_conditions()
  local place = 7
  while ARGV[place] do
    local kind, count = ARGV[place], tonumber(ARGV[place + 1])
    local condition = { kind = kind, values = {}, must = kind:sub(1, 3) ~= 'no ' }
    local is_text = kind:match('text$') or kind:match('name$')
    for k = 1, count do condition.values[k] = (is_text and '' or base .. ':') .. ARGV[place + 1 + k] end
    place = place + 2 + count
    if is_text then texts[#texts + 1] = as_text(condition)
    elseif kind == 'all' then everything = condition.values
    elseif kind == 'list' then listed = condition.values
    else conditions[#conditions + 1] = condition end
  end
end

-- Which of the runs stand under one of the words.
local function under(keys, runs)
  local found = {}
  work = work + #keys * #runs / 8
  for _, key in ipairs(keys) do
    for first = 1, #runs, 1000 do
      local scores = redis.call('ZMSCORE', key, unpack(runs, first, math.min(#runs, first + 999)))
      for k = 1, #scores do found[first + k - 1] = found[first + k - 1] or scores[k] end
    end
  end
  return found
end

-- Adds places of runs that may fit, by halves.
local function add_promising(first, last, time_of, places)
  if first > last or is_barren(conditions, everything, time_of(last), time_of(first)) then return end
  if last - first >= 16 then
    local middle = math.floor((first + last) / 2)
    add_promising(first, middle, time_of, places)
    return add_promising(middle + 1, last, time_of, places)
  end
  for k = first, last do places[#places + 1] = k end
end

-- The places of the runs that fit. Where few do, those are looked at that are near one in time.
local function fitting(runs, time_of, is_sparse)
  local out, asked, chosen, places = {}, {}, {}, {}
  if is_sparse then add_promising(1, #runs, time_of, chosen)
  else for k = 1, #runs do chosen[k] = k end end
  for n, k in ipairs(chosen) do asked[n] = runs[k] end
  for _, condition in ipairs(#asked > 0 and conditions or {}) do
    local found, must = under(condition.values, asked), condition.kind == 'in'
    for n = 1, #asked do out[n] = out[n] or (found[n] and true or false) ~= must end
  end
  for n, k in ipairs(chosen) do
    if not out[n] then places[#places + 1] = k end
  end
  return places
end

read_conditions()
local source = listed and word_source(listed) or block_source(texts)
-- While little is found, spans are left out that have no run for one of the conditions; their length grows.
local answer, idle, step, is_sparse = {}, #conditions > 0, 1, false
while work < budget do
  local far = idle and source.far(step)
  if idle and is_barren(conditions, everything, far or low, position_time ~= '' and position_time or high) then
    if not far then return { 'ok', answer, '', '', math.ceil(work) } end
    move_to(far, '')
    source.restart()
    step = step * 2
  elseif idle and step > 1 then
    step = math.max(1, math.floor(step / 4))
  else
    local runs, time_of, more = source.read()
    local places = fitting(runs, time_of, is_sparse)
    for _, k in ipairs(places) do
      local time = time_of(k)
      answer[#answer + 1], answer[#answer + 2] = runs[k], time
      if #answer >= 2 * wanted and (k < #runs or more) then return { 'ok', answer, time, runs[k], math.ceil(work) } end
    end
    if not more then return { 'ok', answer, '', '', math.ceil(work) } end
    is_sparse = #conditions > 0 and #places * 20 <= #runs
    idle, step = is_sparse, 1
  end
end
return { 'ok', answer, position_time, position_run, math.ceil(work) }
