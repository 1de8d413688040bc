-- A place in a pass is `pass part cursor`; parts: the live leaves, the pools, the end.
local function parse_place(place) return place:match('^(%d+) (%a+) (%d+)$') end

local function write_place(pass, part, cursor) return pass .. ' ' .. part .. ' ' .. cursor end

local function is_ended() return status == STATUS.succeeded or status == STATUS.failed end

-- The run fails once nothing of it runs: the task that it stands in for is withdrawn.
local function fail_from_outside(payload)
  if withdrawn and errors_of_failing()['0'] then return end
  local holder = '0.' .. PLACE.value
  put_ended(holder, STATE.failed, 0, now, '', payload)
  local graph = get_graph('0')
  if graph then graph.error = graph.error or holder end
  set_failing('0', holder)
  withdraw_soon()
end
