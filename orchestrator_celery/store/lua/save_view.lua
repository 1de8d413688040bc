-- Purpose: saves a view, unless it has changed since it was read. Its owner stays; the store's clock says when it was saved.
-- KEYS: 1 key of the views of one person, or of the shared views
-- ARGV: 1 name  2 owner of a new view  3 facts, without a line break  4 version to replace: 0 for a new view, '' for any  5 most views
-- RETURNS: {'ok', view} also if the same change was made before | {'changed', view} or {'changed'} if it is not there | {'full'} there are too many
local known = redis.call('HGET', KEYS[1], ARGV[1])
local version, owner, facts = 0, ARGV[2], ''
if known then
  local count, saved
  count, saved, owner, facts = known:match('^(%d+) (%d+)\n([^\n]*)\n(.*)$')
  version = tonumber(count)
end
local base = tonumber(ARGV[4])
if known and facts == ARGV[3] and (not base or version == base + 1) then return { 'ok', known } end
if base and version ~= base then return { 'changed', known or nil } end
if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return { 'full' } end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local view = (version + 1) .. ' ' .. now .. '\n' .. owner .. '\n' .. ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], view)
return { 'ok', view }
