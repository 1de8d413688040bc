-- The signature of this call: a saved one, or a run, which is its own signature.
local runs_key = root .. KEY.runs
local saved, delete_at, claim, turns = unpack(redis.call('HMGET', root, HEAD.saved, HEAD.delete_at, HEAD.claim, HEAD.turns))
turns = turns or '0'

-- A key lives as long as the head: the head of a run that is over has a time to live.
local function expire_with_head(key)
  local left = redis.call('PTTL', root)
  if left >= 0 then redis.call('PEXPIRE', key, left) end
end
