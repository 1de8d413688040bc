-- Composites begin and end to fail, and a pass withdraws what is queued below them.
local withdraws -- this call has asked for a pass
-- A pass over the live nodes is pending. A pass under way starts again from the beginning.
local function withdraw_soon()
  if withdraws then return end
  withdraws = true
  local pass = redis.call('HINCRBY', root, HEAD.passes, 1)
  owe(HEAD.withdraw, '')
  redis.call('HSET', root, HEAD.withdraw, pass .. ' l 0')
  effects[#effects + 1] = { 'withdraw', PLACE.close, 0 }
end

local function write_failing()
  local found = {}
  for composite, reference in pairs(errors_of_failing()) do found[#found + 1] = composite .. '=' .. reference end
  if #found == 0 then
    redis.call('HDEL', root, HEAD.withdrawn)
    withdrawn, failing = false, nil
    return
  end
  withdrawn = table.concat(found, ' ')
  redis.call('HSET', root, HEAD.withdrawn, withdrawn)
end

-- `is_queued`: something below it may be queued, apart from what the caller has removed.
local function stop_below(composite, reference, is_queued)
  withdrawn = withdrawn or ''
  errors_of_failing()[composite] = reference
  write_failing()
  if is_queued then withdraw_soon() end
end

-- A composite has ended, so nothing is below it.
local function is_over(composite)
  if not withdrawn or not errors_of_failing()[composite] then return end
  errors_of_failing()[composite] = nil
  write_failing()
end
