-- Purpose: puts runs under the words by which lists find them, and takes out the runs that are gone. May be repeated.
-- KEYS: 1 the key of the index
-- ARGV: of each run: 1 run  2 id of an event of the run: what follows is at least as new  3 its status, '' if it is gone
--       4 time of creation  5 its name, and what `text_blocks` has of both in lower case  6 number of words, '' if they and the
--       name are as before  7.. words
-- RETURNS: {'ok'}
-- include: byte_order text_blocks text_lines text_changes
local words_key, owed_key = base .. ':words', base .. ':owed'
-- A record is event, status, time of creation and the words as JSON, with spaces between them.
local RECORD = '^(%S*) (%S+) (%S+) (.*)$'

local function key_of(word) return base .. ':' .. word end

local function take_out(run, word)
  redis.call('ZREM', key_of(word), run)
  if redis.call('EXISTS', key_of(word)) == 0 then redis.call('ZREM', words_key, word) end
end

-- Whether an event is before another one: -1, 0 or 1.
local function order(one, other)
  local first, first_place = one:match('^(%d+)%-?(%d*)$')
  local second, second_place = other:match('^(%d+)%-?(%d*)$')
  local before = (tonumber(first) or 0) - (tonumber(second) or 0)
  if before == 0 then before = (tonumber(first_place) or 0) - (tonumber(second_place) or 0) end
  return before < 0 and -1 or before > 0 and 1 or 0
end

local function forget(run, status, since, words)
  redis.call('ZREM', key_of('status:' .. status), run)
  drop_text(run, since)
  for _, word in ipairs(cjson.decode(words)) do take_out(run, word) end
  redis.call('HDEL', base, run)
end

local function put(run, created, words, before)
  local kept, scored = {}, {}
  for k, word in ipairs(words) do
    kept[word] = true
    scored[2 * k - 1], scored[2 * k] = 0, word
    redis.call('ZADD', key_of(word), created, run)
  end
  if #words > 0 then redis.call('ZADD', words_key, unpack(scored)) end
  for _, word in ipairs(before and cjson.decode(before) or {}) do
    if not kept[word] then take_out(run, word) end
  end
  return #words > 0 and cjson.encode(words) or '[]'
end

local i = 1
while ARGV[i] do
  local run, event, status, created, text, count = unpack(ARGV, i, i + 5)
  local words = {}
  for j = 1, tonumber(count) or 0 do words[j] = ARGV[i + 5 + j] end
  i = i + 6 + #words
  local known = redis.call('HGET', base, run)
  local at, before, since, list
  if known then at, before, since, list = known:match(RECORD) end
  local newer = known and order(event, at)
  if status == '' then
    if known then forget(run, before, since, list) end
    redis.call('SREM', owed_key, run)
  elseif not known and count == '' then
    redis.call('SADD', owed_key, run) -- the next sweep reads its words
  elseif not known or newer > 0 or newer == 0 and status == before then
    if known and before ~= status then redis.call('ZREM', key_of('status:' .. before), run) end
    created = created ~= '' and created or since
    redis.call('ZADD', key_of('status:' .. status), created, run)
    if count ~= '' then
      list = put(run, created, words, list)
      if known and since ~= created then drop_text(run, since) end
      put_text(run, created, text)
    end
    redis.call('HSET', base, run, event .. ' ' .. status .. ' ' .. created .. ' ' .. list)
    redis.call('SREM', owed_key, run)
  end
end
return { 'ok' }
