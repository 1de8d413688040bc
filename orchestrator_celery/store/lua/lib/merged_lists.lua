-- The next runs of several words, as far as no word can have runs between them.
local function merged(lists, chunk)
  local all, runs, times, bound, run = {}, {}, {}, nil, position_run
  for _, list in ipairs(lists) do
    fill(list, chunk)
    local last = list.entries[#list.entries]
    if list.more and (not bound or comes_first(last, bound)) then bound = last end
  end
  for _, list in ipairs(lists) do take_until(list, bound, all) end
  table.sort(all, comes_first)
  for _, entry in ipairs(all) do
    if entry.run ~= run then runs[#runs + 1], times[#times + 1] = entry.run, entry.score end
    run = entry.run
  end
  return runs, times, bound ~= nil
end
