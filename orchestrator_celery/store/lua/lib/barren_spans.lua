-- Finds spans of time in which no run fits, by the number of runs under each word: a page need not look at these runs.

local function count_between(words, first, last)
  local sum, most = 0, 0
  work = work + #words / 4
  for _, word in ipairs(words) do
    local count = redis.call('ZCOUNT', word, first, last)
    sum, most = sum + count, math.max(most, count)
  end
  return sum, most
end

local function is_barren(conditions, everything, first, last)
  local all
  work = work + 1
  for _, condition in ipairs(conditions) do
    local sum, most = count_between(condition.values, first, last)
    if condition.kind == 'in' then
      if sum == 0 then return true end
    else
      all = all or count_between(everything, first, last)
      if all <= (condition.kind == 'apart' and sum or most) then return true end
    end
  end
  return false
end
