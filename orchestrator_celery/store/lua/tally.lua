-- Purpose: adds to what is known of how long the tasks of a run take; see `records/progress.py`.
-- KEYS: 1 root key of the run
-- ARGV: of each task: 1 its field  2 number of bodies that have ended  3 their seconds  4 the sum of the squared seconds
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base asked once
if not status then return reply('gone') end
for i = 1, #ARGV, 4 do
  local count, total, squares = (redis.call('HGET', progress_key, ARGV[i]) or ''):match('^(%S+) (%S+) (%S+)$')
  count, total, squares = tonumber(count) or 0, tonumber(total) or 0, tonumber(squares) or 0 -- of a damaged record nothing
  redis.call('HSET', progress_key, ARGV[i], string.format('%.0f %.4f %.8g', count + ARGV[i + 1], total + ARGV[i + 2],
    squares + ARGV[i + 3]))
end
-- They may come after the end of the run. Then they go with the run.
local left = redis.call('PTTL', root)
if left > 0 then redis.call('PEXPIRE', progress_key, left) end
return reply('ok')
