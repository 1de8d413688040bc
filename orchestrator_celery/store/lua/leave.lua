-- Purpose: a worker ends in good order and runs nothing any more, so the reconciler need not look for anything it left.
-- KEYS: 1 the workers' key
-- ARGV: 1 worker  2 '1' if it has finished its sweep, so that a new leader need not look at every run, else '0'
-- RETURNS: {'ok'}
local workers_key, worker = KEYS[1], ARGV[1]
local leader_key = workers_key .. ':leader'
redis.call('ZREM', workers_key, worker)
redis.call('HDEL', workers_key .. ':active', worker)
redis.call('HDEL', workers_key .. ':skills', worker)
redis.call('HDEL', workers_key .. ':queues', worker)
if redis.call('GET', leader_key) == worker then
  redis.call('DEL', leader_key)
  if ARGV[2] == '1' then redis.call('SET', workers_key .. ':handed', worker) end
end
return { 'ok' }
