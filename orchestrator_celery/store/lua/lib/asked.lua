-- Calls that a client sends again, because it lost the answer. A client numbers the calls of each of its threads; the first
-- argument is `<thread>:<number>`, before the arguments of the verb. The answer to the last call of each thread is kept for ten
-- minutes, which is longer than any time-out after which a client sends a call again.
local KEPT = 600000
local MOST_ANSWERS = 64 -- above that, answers that are old are removed one by one
local answers_key = root .. KEY.answers
local thread, call_number = table.remove(ARGV, 1):match('^(%w+):(%d+)$')
local known = redis.call('HGET', answers_key, thread)
known = known and cmsgpack.unpack(known)
local repeated = known and known.number >= tonumber(call_number)

local function forget_old_answers()
  local entries = redis.call('HGETALL', answers_key)
  for i = 1, #entries, 2 do
    if cmsgpack.unpack(entries[i + 1]).moment + KEPT < tonumber(now) then redis.call('HDEL', answers_key, entries[i]) end
  end
end

-- Messages are not kept. They are in the outbox, under the nodes that the answer names.
local function remember(...)
  local answer = { number = tonumber(call_number), moment = now, nodes = nodes_to_resend and nodes_to_resend(), count = select('#', ...),
    answer = { ... } }
  local added = redis.call('HSET', answers_key, thread, cmsgpack.pack(answer))
  redis.call('PEXPIRE', answers_key, KEPT)
  if added == 1 and redis.call('HLEN', answers_key) > MOST_ANSWERS then forget_old_answers() end
end
