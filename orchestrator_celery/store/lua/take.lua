-- Purpose: a runner tells how items have ended, gives back what it will not begin, and takes the next ones.
-- KEYS: 1 root key of the run
-- ARGV: 1 runner  2 attempt  3 retries  4 nesting  5 owner  6 how many it wants  7 '1': the answer to an earlier call may
--       be lost, so it wants what it has taken as well; '2': it is busy for long, and another is to go on  8 how many have ended  then of each: node, attempt, retries,
--       nesting, S or F, result or error; then the nodes it gives back
-- RETURNS: {'ok', effects, taken, created} taken: node, definition and input of each, one after the other; created: the run | {'gone'} no such run
--          | {'held', effects} nothing is to be begun | {'stale', effects} the runner was superseded
-- include: everything
if not status then return reply('gone') end
local runner, ended = ARGV[1], tonumber(ARGV[8])
local me = runner .. ':' .. ARGV[2] .. ' ' .. ARGV[5]
for i = 9, 9 + 6 * (ended - 1), 6 do
  local l = get_live(ARGV[i])
  if l and l.attempt == tonumber(ARGV[i + 1]) and at_work(l)
    and compare_fence(tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), l) == 0 then
    settle(ARGV[i], l, ARGV[i + 4], ARGV[i + 5])
  end
end
for i = 9 + 6 * ended, #ARGV do -- nobody has begun it: the same attempt goes by a message of its own
  local l = get_live(ARGV[i])
  if l and at_work(l) and l.owner == me then queue(ARGV[i], l, definition(ARGV[i]), 0) end
end
local l = get_live(runner)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
local taken, pool = {}, runner:match('^(.*)%.b%d+$')
if ARGV[7] == '1' then
  local entries = redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local one = parse_live(entries[i + 1])
    if one.owner == me then
      taken[#taken + 1], taken[#taken + 2], taken[#taken + 3] = entries[i], definition(entries[i]), one.input
    end
  end
end
if held then return reply('held', taken) end
local p, spec = get_pool(pool), definition(pool)
if ARGV[7] == '2' and p and p.next < p.n and p.runners < MOST and not number(spec, 'cap') then call_runner(pool, p) end
local cap, more = spec and number(spec, 'cap'), tonumber(ARGV[6])
-- A bounded pool is shared: none takes what another could run at the same time.
if cap and p then more = math.min(more, math.max(1, math.floor(cap / math.max(p.runners, 1)))) end
while more > 0 and p and not p.gone and not p.stopped and p.next < p.n and (not cap or p.next - p.done < cap) do
  local index, level, found = peek(pool, spec, p)
  if not index then break end
  local node = pool .. '.' .. index
  local item = definition(node)
  draw(pool, spec, p, index, level, found)
  if fits_in(item) then
    put_live(node, { state = 'R', attempt = first_attempt(node), retries = 0, nesting = 0, since = now, sent = tonumber(now), tries = 0,
      callbacks = counts_of(item), input = p.input, owner = me })
    emit('started', node, 'a', first_attempt(node), 'w', ARGV[5])
    taken[#taken + 1], taken[#taken + 2], taken[#taken + 3] = node, item, p.input
    more = more - 1
  else
    activate(node, p.input)
  end
end
return reply('ok', taken, born)
