-- Ids of nodes: see orchestrator_celery/model/ids.py and orchestrator_celery/records/names.py.
local function parent_and_index(node) -- nil for a node that is no numbered child
  local parent, index = node:match('^(.*)%.(%d+)$')
  return parent, index
end

local function parent_of(node)
  return (node:match('^(.*)%.%d+$'))
end

-- A callback, and everything below one, has a letter in its id. It never changes the counts or the end of the run.
local function in_tree(node)
  return not node:find('%a')
end

-- A runner is a message that processes several items of a pool. It is no part of the tree and writes no events.
local function is_runner(node)
  return node:find('%.b%d+$') ~= nil
end

local function pool_of_runner(node)
  return node:match('^(.*)%.b%d+$')
end

local function item_of_callback(node) -- the pool of the item, and the callback's letter and number
  return node:match('^(.*)%.%d+%.([sfc]%d+)$')
end

-- A visit of a graph's node: the graph, the node's number or S for START, and the turn.
local function parts_of_visit(visit)
  return visit:match('^(.*)%.(%w+)%.(%d+)$')
end

local function decision_of(graph_id, at, turn) return graph_id .. '.' .. at .. '.d' .. turn end

local function parts_of_decision(node)
  return node:match('^(.*)%.(%w+)%.d(%d+)$')
end

local function is_beside(field) -- a field beside a node's own record
  return field:find(':', 1, true) ~= nil
end
