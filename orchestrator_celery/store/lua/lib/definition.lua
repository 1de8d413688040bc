-- Looks up the definition of a node. `Reader.definitions` asks the verb `definitions`, so the rules stand here only.
-- The callbacks that a swarm calls after each item are kept once, with the swarm.
local function from_swarm(node)
  local pool_id, callback = item_of_callback(node)
  return pool_id and redis.call('HGET', definitions_key, pool_id .. '.' .. PLACE.each .. callback)
end

-- All visits of a graph's node, and all elements it is mapped over, share one body, which is kept once.
local function from_graph(node)
  local owner = graphed and parent_of(node)
  local definition = owner and redis.call('HGET', definitions_key, owner)
  if not definition then return nil end
  if shape_of(definition) == SHAPE.pool then
    if attribute(definition, ATTRIBUTE.kind) ~= KIND.map then return nil end
    owner = parent_of(owner)
  elseif shape_of(definition) ~= SHAPE.graph_node then
    return nil
  end
  return redis.call('HGET', definitions_key, owner .. '.' .. PLACE.body)
end

local function definition_elsewhere(node) return from_graph(node) or from_segment(node) or from_swarm(node) end

local function packed_definition_of(node) -- possibly a packed tree
  return redis.call('HGET', definitions_key, is_runner(node) and pool_of_runner(node) .. '.' .. PLACE.runner or node)
    or definition_elsewhere(node)
end

local function definition_of(node)
  local definition = packed_definition_of(node)
  if definition and shape_of(definition) == SHAPE.packed then return unpack_tree(node, definition) end
  return definition
end
