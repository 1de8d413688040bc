-- Purpose: puts a member into an index at a time by the store's clock; the clock of the caller decides nothing.
-- KEYS: 1 an index: a sorted set scored by times
-- ARGV: 1 member  2 'in' for milliseconds from now, 'at' for milliseconds since the epoch but not before now
--       3 the milliseconds  4 milliseconds to add to that  5 option of ZADD: NX, XX or ''  6 LT for an earlier time only, or ''
-- RETURNS: {'ok', how many members were added}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local moment = ARGV[2] == 'in' and now + ARGV[3] or math.max(now, tonumber(ARGV[3]))
local call = { 'ZADD', KEYS[1] }
for i = 5, 6 do
  if ARGV[i] ~= '' then call[#call + 1] = ARGV[i] end
end
call[#call + 1] = string.format('%.3f', moment + ARGV[4])
call[#call + 1] = ARGV[1]
return { 'ok', redis.call(unpack(call)) }
