-- Purpose: keeps lines that tasks of a run have logged; of too many, the oldest go.
-- KEYS: 1 root key of the run
-- ARGV: 1 most lines  2.. lines, see `records/logs.py`
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base asked once
if not status then return reply('gone') end
local logs_key = root .. KEY.logs
for i = 2, #ARGV do redis.call('XADD', logs_key, 'MAXLEN', '~', ARGV[1], '*', LOG.line, ARGV[i]) end
-- Lines may come after the end of the run. Then they go with the run.
local left = redis.call('PTTL', root)
if left > 0 then redis.call('PEXPIRE', logs_key, left) end
return reply('ok')
