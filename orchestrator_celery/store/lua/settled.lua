-- Purpose: what was to be done outside the store about a change is done.
-- KEYS: 1 root key of the run
-- ARGV: 1 field of the head that said so
-- RETURNS: {'ok'} | {'gone'} no such run
-- include: run reply debts
if not status then return reply('gone') end
pay(ARGV[1])
return reply('ok')
