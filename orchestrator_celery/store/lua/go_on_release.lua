-- Purpose: goes on with the release of a large run that was resumed, one slice of its live nodes.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects} an effect asks for the next slice | {'gone'} there is no such run
--          | {'held'} it is suspended or interrupted again: the next release does the rest | {'stale'} no release is going on
-- include: everything resend asked once
if not status then return reply('gone') end
local pending = redis.call('HGET', root, HEAD.release)
if not pending then return reply('stale') end
if held then return reply('held') end
local pass = parse_release(pending)
if pass.server ~= server_id() then pass.place = '0' end
release_slice(pass)
retire() -- what this slice has started may be all that was left of a run that has ended
return reply('ok')
