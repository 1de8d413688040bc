-- Purpose: removes a saved view, unless it has changed since it was read.
-- KEYS: 1 key of the views of one person, or of the shared views
-- ARGV: 1 name  2 version to remove; '' for any
-- RETURNS: {'ok'} | {'gone'} there is no such view | {'changed', view} another version is stored
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known then return { 'gone' } end
if ARGV[2] ~= '' and known:match('^%d+') ~= ARGV[2] then return { 'changed', known } end
redis.call('HDEL', KEYS[1], ARGV[1])
return { 'ok' }
