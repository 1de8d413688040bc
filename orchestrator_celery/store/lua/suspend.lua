-- Purpose: nothing more of a run starts until it is resumed; what runs may finish.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', {}, delegated} ids of runs that replace a task of this one | {'gone'} no such run
--          | {'state', {}, status} it is neither pending nor running
-- include: run reply send live debts delegated
if not status then return reply('gone') end
if status ~= 'PENDING' and status ~= 'RUNNING' then return reply('state', status) end
redis.call('HSET', root, 'status', 'SUSPENDED', 'before', status)
emit('status', '$', 's', 'SUSPENDED')
return reply('ok', followers())
