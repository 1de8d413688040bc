-- The signature of this call: saved under a key of its own, or a run, which is the signature of itself.
local RUNS = root .. ':r'
local known = redis.call('HMGET', root, 'saved', 'delete_at', 'claim', 'turns')
local saved, delete_at, claim, turns = known[1], known[2], known[3], known[4] or '0'

-- Its keys live as long as its head does: a run's have a time to live once it is over.
local function lives_with_head(key)
  local left = redis.call('PTTL', root)
  if left >= 0 then redis.call('PEXPIRE', key, left) end
end
