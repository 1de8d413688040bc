-- Purpose: a worker's sign of life, with what it runs; tells it who leads the sweeping, and who is dead.
-- KEYS: 1 the workers' key
-- ARGV: 1 member  2 lease in ms  3 what the worker runs  4.. members its machine knows to be dead
-- RETURNS: {'ok', now in ms, leader?, members whose lease is over, 1 if the leader before has handed over in good order}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local member, lease = ARGV[1], tonumber(ARGV[2])
for i = 4, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then redis.call('ZADD', KEYS[1], 0, ARGV[i]) end
  if redis.call('GET', KEYS[1] .. ':leader') == ARGV[i] then redis.call('DEL', KEYS[1] .. ':leader') end
end
redis.call('ZADD', KEYS[1], now + lease, member)
redis.call('HSET', KEYS[1] .. ':active', member, now .. ' ' .. ARGV[3])
local leader = redis.call('GET', KEYS[1] .. ':leader')
local handed = 0
if not leader then
  handed = redis.call('DEL', KEYS[1] .. ':handed')
end
if not leader or leader == member then
  redis.call('SET', KEYS[1] .. ':leader', member, 'PX', lease)
  leader = member
end
local dead = leader == member and redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now) or {}
return { 'ok', string.format('%.0f', now), leader == member and 1 or 0, dead, handed }
