-- Purpose: records that a pending side effect was performed.
-- KEYS: 1 root key of the run
-- ARGV: 1 field of the head that named it
-- RETURNS: {'ok'} | {'gone'} there is no such run
-- include: base side_effects
if not status then return reply('gone') end
pay(ARGV[1])
return reply('ok')
