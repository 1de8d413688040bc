-- Graphs under way: read once, changed in memory, written once per call, as one JSON record:
--   on     visits whose token is at a node, as `node.body`, with what each token has been through: the starts of `any` joins,
--          and, as `n`, which visit it is
--   k, v   how many bodies, and how many visits, a node has begun (a retry is a body, and no visit)
--   a, al  what has arrived at `all` joins that have not started, by source; and what those tokens have been through
--   f      how often each `any` join has started
--   last   the newest result of each node; `ends`: what has reached END; `skip`: nodes that will not be visited
--   err    why the graph fails; `un`: visits whose edges were not followed, as state, reference and what the token has been
--          through; a retry begins with them
local graphs, layouts = {}, {}
local STATE = { 'on', 'k', 'v', 'a', 'al', 'f', 'last', 'ends', 'skip', 'un' }

local function new_graph(node, input)
  local g = { since = now, input = input, ready = {} }
  for _, part in ipairs(STATE) do g[part] = {} end
  graphs[node] = g
  return g
end

local function graph_text(g)
  local kept = { err = g.err }
  for _, part in ipairs(STATE) do kept[part] = g[part] end
  return 'G|' .. g.since .. '|' .. g.input .. '|' .. cjson.encode(kept)
end

local function read_graph(node, text)
  local since, input, state = text:match('^G|(%d+)|([^|]*)|(.*)$')
  local g = cjson.decode(state)
  g.since, g.input, g.ready = since, input, {}
  graphs[node] = g
  return g
end

local function get_graph(node)
  if graphs[node] then return graphs[node] end
  local v = redis.call('HGET', POOL, node)
  return v and v:sub(1, 1) == 'G' and read_graph(node, v) or nil
end

local function flush_graphs()
  for node, g in pairs(graphs) do
    if g.gone then redis.call('HDEL', POOL, node) else redis.call('HSET', POOL, node, graph_text(g)) end
  end
end
