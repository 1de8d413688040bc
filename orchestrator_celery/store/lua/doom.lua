-- Purpose: a purge claims a signature. From then on no call can run or restore the signature.
-- KEYS: 1 root key of the signature
-- ARGV: 1 number of registrations when its runs were looked at, none of which was live  2 '1' to ignore the mark
--       3 entry for the audit trail
-- RETURNS: {'ok'} it is claimed, by this call or an earlier one | {'gone'} there is no such signature
--          | {'changed'} a run was registered meanwhile | {'state', {}, why} `unmarked`, `early`, or its own status
-- include: base signature
if not (status or saved) then return reply('gone') end
if claim then return reply('ok') end
if ARGV[2] ~= '1' then
  if not delete_at then return reply('state', 'unmarked') end
  if tonumber(delete_at) > tonumber(now) then return reply('state', 'early') end
end
if turns ~= ARGV[1] then return reply('changed') end
if status and redis.call('PTTL', root) < 0 then return reply('state', status) end
redis.call('HSET', root, HEAD.claim, now, HEAD.audit, ARGV[3])
-- The purging process may die. An expiring run stays for at least an hour, so that the reconciler can finish the purge.
if status and redis.call('PTTL', root) < 3600000 then
  for _, key in ipairs(every_key()) do redis.call('EXPIRE', key, 3600) end
end
return reply('ok')
