-- Purpose: records that the notices of changes of status were sent.
-- KEYS: 1 root key of the run
-- ARGV: 1.. the changes, as the head lists them
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base side_effects
if not (status or cancelled) then return reply('gone') end
local sent, left = {}, {}
for _, change in ipairs(ARGV) do sent[change] = true end
for change in (redis.call('HGET', root, HEAD.notices) or ''):gmatch('%S+') do
  if not sent[change] then left[#left + 1] = change end
end
if #left > 0 then
  redis.call('HSET', root, HEAD.notices, table.concat(left, ' '))
else
  pay(HEAD.notices)
  if status then retire() end
end
return reply('ok')
