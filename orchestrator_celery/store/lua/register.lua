-- Purpose: registers a run of a signature before the run is created, so that no purge overlooks it.
-- KEYS: 1 root key of the signature
-- ARGV: 1 the run's id
-- RETURNS: {'ok', {}, some of its runs, of which those that are gone may be taken out}
--          | {'gone'} there is no such signature, or a purge has claimed it
-- include: base signature
if not (status or saved) or claim then return reply('gone') end
if redis.call('HEXISTS', root, HEAD_PREFIX.new .. ARGV[1]) == 0 then redis.call('HINCRBY', root, HEAD.turns, 1) end
redis.call('HSET', root, HEAD_PREFIX.new .. ARGV[1], now)
redis.call('ZADD', runs_key, now, ARGV[1])
expire_with_head(runs_key)
return reply('ok', redis.call('ZRANDMEMBER', runs_key, 2))
