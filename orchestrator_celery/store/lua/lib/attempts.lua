-- Attempts that are over for good. `<node>:free` in the records counts those that were no lost process; a node that starts
-- once more, and the message that tells Celery of another end, comes after all of them, so that no old message fits it.
local function passed(node) return ahead and tonumber(redis.call('HGET', DONE, node .. ':free')) or base end

local function first_attempt(node) return passed(node) + 1 end

local function pass(node, attempt) redis.call('HSET', DONE, node .. ':free', attempt) end
