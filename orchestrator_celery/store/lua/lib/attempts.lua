-- Attempts that are over for good. The field `<node>:free` counts attempts that do not count as lost processes. A node that
-- starts again begins with a greater attempt, so that no old message fits it; so does the message that closes the run again.
local function past_attempts(node)
  return ahead and tonumber(redis.call('HGET', ended_key, node .. BESIDE.free_attempts)) or base
end

local function first_attempt(node) return past_attempts(node) + 1 end

local function end_attempts(node, attempt) redis.call('HSET', ended_key, node .. BESIDE.free_attempts, attempt) end
