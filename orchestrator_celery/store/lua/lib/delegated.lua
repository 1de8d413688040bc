-- Tasks that replaced themselves by a canvas: a run of its own, whose id is the task's, stands in for each.
local MANY = 1000 -- live nodes, above which the caller looks for the stand-ins

local function stand_ins() -- `many` if there are too many live nodes to look for them here
  if redis.call('SCARD', inner_key) == 0 then return {} end -- no task has replaced itself
  if redis.call('HLEN', live_key) > MANY then return 'many' end
  local found, entries = {}, redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local live = parse_live(entries[i + 1])
    if live.state == STATE.delegated then found[#found + 1] = task_id(entries[i], live.attempt) end
  end
  return found
end

-- The stand-ins of a run whose status has just changed. The caller changes theirs, which takes a call for each.
local function followers()
  local found = stand_ins()
  if #found > 0 then owe(HEAD.inside, 1) end
  return found
end
