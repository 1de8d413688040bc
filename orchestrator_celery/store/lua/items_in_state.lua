-- Purpose: finds items of a pool that have ended in a state, or that have not ended, without their results. Reads only.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 index of the first item to look at  3 index behind the last one  4 the state, or '' for items that have not ended
--       5 most items to find  6 most items to look at
-- RETURNS: {'ok', {}, indexes, next}  next: the index from which to go on, the one behind the last at the end
-- include: base
local pool_id, last, wanted = ARGV[1], tonumber(ARGV[3]) - 1, ARGV[4]
local most, place = tonumber(ARGV[5]), tonumber(ARGV[2])
local final = math.min(last, place + tonumber(ARGV[6]) - 1)
local CHUNK = 250
local found = {}
while place <= final do
  local nodes = {}
  for index = place, math.min(final, place + CHUNK - 1) do nodes[#nodes + 1] = pool_id .. '.' .. string.format('%.0f', index) end
  for k, record in ipairs(redis.call('HMGET', ended_key, unpack(nodes))) do
    if (record and record:sub(1, 1) or '') == wanted then
      found[#found + 1] = place + k - 1
      if #found == most then return reply('ok', found, place + k) end
    end
  end
  place = place + #nodes
end
return reply('ok', found, place)
