-- Definitions: what each node is. A pool's late items may lie in segments.
local function from_segment(node)
  local pool, index = node:match('^(.*)%.(%d+)$')
  local segments = pool and redis.call('HGET', POOL, pool .. ':segments')
  if not segments then return nil end
  index = tonumber(index)
  for first, count, token in segments:gmatch('(%d+):(%d+):(%w+)') do
    local offset = index - tonumber(first)
    if offset >= 0 and offset < tonumber(count) then
      return redis.call('HGET', DEF .. ':' .. token, offset)
    end
  end
end

-- What a swarm does after each of its items is kept once, with the swarm.
local function from_swarm(node)
  local pool, callback = node:match('^(.*)%.%d+%.([sfc]%d+)$')
  return pool and redis.call('HGET', DEF, pool .. '.a' .. callback)
end

-- Every visit of a graph's node, and every element it is mapped over, has the same body, which is kept once.
local function from_graph(node)
  local above = graphed and node:match('^(.*)%.%d+$')
  local spec = above and redis.call('HGET', DEF, above)
  if not spec then return nil end
  if spec:find('^P [^\n]*k=map') then return redis.call('HGET', DEF, (above:gsub('%d+$', 'p'))) end
  return spec:sub(1, 2) == 'N ' and redis.call('HGET', DEF, above .. '.p')
end

local function definition(node)
  local spec = redis.call('HGET', DEF, is_runner(node) and node:gsub('%d+$', '') or node)
    or from_graph(node) or from_segment(node) or from_swarm(node)
  if spec and spec:sub(1, 1) == 'T' then return unpack_tree(node, spec) end
  return spec
end
