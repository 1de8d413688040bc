-- Purpose: a purge claims a signature: from now on it is gone for those who would run or restore it.
-- KEYS: 1 root key of the signature
-- ARGV: 1 registrations seen when its runs were looked at, none of which was live  2 '1': now, whatever the mark says
--       3 entry for the audit trail
-- RETURNS: {'ok'} it is claimed, by this call or one before | {'gone'} no such signature
--          | {'changed'} a run was registered meanwhile | {'state', {}, why} `unmarked`, `early`, or its own status
-- include: run reply signature
if not (status or saved) then return reply('gone') end
if claim then return reply('ok') end
if ARGV[2] ~= '1' then
  if not delete_at then return reply('state', 'unmarked') end
  if tonumber(delete_at) > tonumber(now) then return reply('state', 'early') end
end
if turns ~= ARGV[1] then return reply('changed') end
if status and redis.call('PTTL', root) < 0 then return reply('state', status) end
redis.call('HSET', root, 'claim', now, 'audit', ARGV[3])
-- Whoever claims may die: what is left of a run's retention must do for those who finish it.
if status and redis.call('PTTL', root) < 3600000 then
  for _, key in ipairs(every_key()) do redis.call('EXPIRE', key, 3600) end
end
return reply('ok')
