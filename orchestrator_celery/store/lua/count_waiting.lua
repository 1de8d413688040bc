-- Purpose: counts the leaves in and below a node that is to be taken out, one slice of them. Changes nothing but the form of
--          packed definitions.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 place from which to go on, '' for the beginning
-- RETURNS: {'ok', {}, leaves, place, moment} leaves: in this slice; place: of the next slice, '' after the last one;
--          moment: while it stays the same, the leaves of earlier slices count
--          | {'gone'} there is no such run | {'node'} there is no such node
-- include: outbox records/short_end records/ended records/pool ancestors attempts left waiting_leaves
if not status then return reply('gone') end
if not is_known(ARGV[1]) then return reply('node') end
local leaves, place = count_waiting(ARGV[1], ARGV[2], 1000)
return reply('ok', leaves, place, moment_of_count())
