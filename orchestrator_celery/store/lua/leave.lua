-- Purpose: a worker ends in good order and runs nothing any more; nobody has to look for what it left behind.
-- KEYS: 1 the workers' key
-- ARGV: 1 member  2 '1' if it has finished its sweep, so that a new leader need not look at every run, else '0'
-- RETURNS: {'ok'}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1] .. ':active', ARGV[1])
if redis.call('GET', KEYS[1] .. ':leader') == ARGV[1] then
  redis.call('DEL', KEYS[1] .. ':leader')
  if ARGV[2] == '1' then redis.call('SET', KEYS[1] .. ':handed', ARGV[1]) end
end
return { 'ok' }
