-- Purpose: renews the lease of a worker and says what the worker runs. The leader is told which workers are dead.
-- KEYS: 1 the workers' key
-- ARGV: 1 worker  2 lease in milliseconds  3 ids of the tasks it runs, as JSON  4 digest of what it can run, or ''
--       5 entry of the stream of stop orders that the worker has read last, '' for none
--       6 what it sees of its queues, or ''
--       7.. workers its machine knows to be dead
-- RETURNS: {'ok', now in milliseconds, 1 for the leader, workers whose lease is over, 1 if the leader before handed over in
--          good order, 1 if the digest is unknown, later stop orders}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local workers_key, worker, lease = KEYS[1], ARGV[1], tonumber(ARGV[2])
local active_key, leader_key, handed_key = workers_key .. ':active', workers_key .. ':leader', workers_key .. ':handed'
for i = 7, #ARGV do
  if redis.call('ZSCORE', workers_key, ARGV[i]) then redis.call('ZADD', workers_key, 0, ARGV[i]) end
  if redis.call('GET', leader_key) == ARGV[i] then redis.call('DEL', leader_key) end
end
redis.call('ZADD', workers_key, now + lease, worker)
redis.call('HSET', active_key, worker, now .. ' ' .. ARGV[3])
local queues_key = workers_key .. ':queues'
redis.call('HDEL', queues_key, worker)
if ARGV[6] ~= '' then redis.call('HSET', queues_key, worker, now .. ' ' .. ARGV[6]) end
if ARGV[4] ~= '' then redis.call('HSET', workers_key .. ':skills', worker, ARGV[4]) end
local is_unknown = ARGV[4] ~= '' and redis.call('HEXISTS', workers_key .. ':known', ARGV[4]) == 0
local leader = redis.call('GET', leader_key)
local handed = not leader and redis.call('DEL', handed_key) or 0
if not leader or leader == worker then
  redis.call('SET', leader_key, worker, 'PX', lease)
  leader = worker
end
local dead = leader == worker and redis.call('ZRANGEBYSCORE', workers_key, '-inf', now) or {}
local orders = ARGV[5] ~= '' and redis.call('XRANGE', workers_key .. ':stops', '(' .. ARGV[5], '+', 'COUNT', 100) or {}
return { 'ok', string.format('%.0f', now), leader == worker and 1 or 0, dead, handed, is_unknown and 1 or 0, orders }
