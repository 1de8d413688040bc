-- What is called when a node has ended: its own callbacks, and its swarm's.
-- Celery's backend gets a copy of an error that callbacks are told: it is forgotten with the run. `=`: no run of that id.
local function copied(node, ref)
  local attempt = 1
  while not ref:find(':', 1, true) do
    local record = redis.call('HGET', DONE, ref)
    local further = record:match('^[^\n]*\n@(.*)$')
    if not further then
      node, attempt = ref, record:match('^%u|(%d+)')
      break
    end
    ref = further
  end
  redis.call('SADD', root .. ':i', '=' .. root:match('{(.*)}$') .. ':' .. node .. ':' .. attempt)
end

local function callbacks(node, state, counts, ref)
  local links, errbacks = counts:match('^(%d*),(%d*)')
  if state == 'S' then
    for i = 0, (tonumber(links) or 0) - 1 do call(node .. '.l' .. i, ref) end
  else
    if (tonumber(errbacks) or 0) > 0 then copied(node, ref) end
    for i = 0, (tonumber(errbacks) or 0) - 1 do call(node .. '.e' .. i, 'e:' .. ref) end
  end
end

local function counts_of(spec)
  local own = ''
  if attr(spec, 's') or attr(spec, 'f') or attr(spec, 'c') then -- of one item, in place of its swarm's
    own = ';' .. (attr(spec, 's') or '') .. ',' .. (attr(spec, 'f') or '') .. ',' .. (attr(spec, 'c') or '')
  end
  return (attr(spec, 'l') or '') .. ',' .. (attr(spec, 'e') or '') .. own
end

-- What a swarm does after each of its items: `s` on success, `f` on failure, `c` always.
local function item_callbacks(item, spec, state, counts)
  local s, f, c = counts:match(';(%d*),(%d*),(%d*)$')
  local function each(kind, own)
    for i = 0, (tonumber(own) or number(spec, 'a' .. kind) or 0) - 1 do call(item .. '.' .. kind .. i, 'i:' .. item) end
  end
  if state == 'S' then each('s', s) else each('f', f) end
  each('c', c)
end
