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

-- Composites that begin to fail, with the reference of the error, or that have ended, without one.
local function set_failing(composite, reference)
  withdrawn = withdrawn or ''
  errors_of_failing()[composite] = reference
  local found = {}
  for each, error_of_each in pairs(errors_of_failing()) do found[#found + 1] = each .. '=' .. error_of_each end
  withdrawn = #found > 0 and table.concat(found, ' ')
  if not withdrawn then return redis.call('HDEL', root, HEAD.withdrawn) end
  redis.call('HSET', root, HEAD.withdrawn, withdrawn)
end
