-- The walk over the tree: down to the leaves that start now, up to the parents whose child has ended.
local function input_for_immutable(input) -- it takes nothing but the inputs that its graph's node names
  local source = input:sub(1, 2)
  local has_inputs = source == SOURCE.visit or source == SOURCE.element or source == SOURCE.inputs
  return has_inputs and SOURCE.inputs .. input:sub(3) or ''
end

local function activate_other(node, shape, definition, input)
  if shape == SHAPE.approval then return await(node, definition, input) end
  if attribute(definition, ATTRIBUTE.immutable) then input = input_for_immutable(input) end
  if shape == SHAPE.graph then return begin_graph(node, input) end
  if shape == SHAPE.pool then return start_pool(node, definition, input) end
  redis.call('HSET', active_key, node, write_steps())
  return go_on(node, definition, 0, input)
end

activate = function(node, input)
  if withdrawn_with(node) then return up(node, UNDONE.not_begun, '', ',') end
  local definition = definition_of(node)
  local shape = shape_of(definition)
  if shape == SHAPE.leaf then
    local live = new_live(STATE.queued, first_attempt(node), callbacks_of(definition), input)
    return queue(node, live, definition, wait_of(definition))
  end
  return activate_other(node, shape, definition, input)
end

up = function(node, state, reference, counts)
  if node == '0' then return finish_run(state, reference) end
  local parent, index = parent_and_index(node)
  if not parent then return retire() end -- the root of a callback: nothing waits for it
  local definition = newest_parent == parent and newest_definition or definition_of(parent)
  local shape = shape_of(definition)
  if shape == SHAPE.graph_node then return visit_ended(parent, index, state, reference) end
  if shape == SHAPE.pool then return item_ended(parent, definition, tonumber(index), state, counts) end
  return step_ended(parent, definition, tonumber(index), state, reference)
end
