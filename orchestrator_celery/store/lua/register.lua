-- Purpose: a run of a signature is about to be created: from now on no purge can claim it without having seen the run.
-- KEYS: 1 root key of the signature
-- ARGV: 1 the run's id
-- RETURNS: {'ok', {}, some of its runs, of which those that are no more may be taken out} | {'gone'} no such signature,
--          or a purge has claimed it
-- include: run reply signature
if not (status or saved) or claim then return reply('gone') end
redis.call('HINCRBY', root, 'turns', 1)
redis.call('HSET', root, 'new:' .. ARGV[1], now)
redis.call('ZADD', RUNS, now, ARGV[1])
lives_with_head(RUNS)
return reply('ok', redis.call('ZRANDMEMBER', RUNS, 2))
