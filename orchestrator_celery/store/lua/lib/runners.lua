-- Items of a batched pool are worked off by runners: messages of ours, each of which takes several, one after the other.
local MOST = 32 -- runners at once, where the pool has no bound of its own

local function is_batched(spec, p) return attr(spec, 'b') and not p.singly end

-- A composite item, and one with options of its own, has messages of its own.
local function fits_in(item) return item:sub(1, 1) == 'L' and not attr(item, 'o') end

local function call_runner(node, p)
  local runner = node .. '.b' .. p.calls
  p.runners, p.calls = p.runners + 1, p.calls + 1
  queue(runner, { attempt = base + 1, retries = 0, nesting = 0, callbacks = ',', input = '' }, definition(runner), 0)
end

local function call_runners(node, spec, p)
  local cap, each = number(spec, 'cap'), tonumber(attr(spec, 'b')) or 1
  local wanted = math.min(cap or MOST, math.ceil((p.n - p.next) / (cap and 1 or each)))
  while p.runners < wanted do call_runner(node, p) end
end

-- What nobody has claimed when its pool has ended is not to run any more.
local function dismiss_runners(node)
  local entries = redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local pool = entries[i]:match('^(.*)%.b%d+$')
    if pool == node and entries[i + 1]:sub(1, 1) == 'Q' then redis.call('HDEL', LIVE, entries[i]) end
  end
end
