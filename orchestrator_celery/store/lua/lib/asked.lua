-- Calls that a client sends again, because it lost the answer. A client numbers the calls of each of its threads; the last
-- argument is `<thread>:<number>`. A key for each thread keeps the answer to its last call for ten minutes, which is longer
-- than any time-out after which a client sends a call again.
local thread, call_number = table.remove(ARGV):match('^(%w+):(%d+)$')
local known = redis.call('GET', root .. KEY.answer .. thread)
known = known and cmsgpack.unpack(known)
local repeated = known and known.number >= tonumber(call_number)

-- Messages are not kept. They are in the outbox, under the time of the call.
local function remember(...)
  local answer = { number = tonumber(call_number), moment = now, count = select('#', ...), answer = { ... } }
  redis.call('SET', root .. KEY.answer .. thread, cmsgpack.pack(answer), 'PX', 600000)
end
