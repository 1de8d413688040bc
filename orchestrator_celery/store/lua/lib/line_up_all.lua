-- Many items of a pool get in line at once.
-- `priorities` is `priority:first-last ...`, counted from `offset`.
local function line_up_all(pool_id, priorities, offset)
  local met, entries = {}, {}
  local function put_entries()
    if #entries > 0 then redis.call('ZADD', line_of(pool_id), unpack(entries)) end
    entries = {}
  end
  for priority, first, last in priorities:gmatch('(%d):(%d+)-(%d+)') do
    if not met[priority] then -- only the first range of a priority may continue a range that is there
      met[priority] = true
      line_up(pool_id, tonumber(priority), offset + first, offset + last)
    else
      entries[#entries + 1] = score_of(tonumber(priority), offset + first)
      entries[#entries + 1] = string.format('%d-%d', offset + first, offset + last)
      if #entries >= 1000 then put_entries() end
    end
  end
  put_entries()
end
