-- The header of the chord whose completion a node is part of, as Celery's `request.chord`: the node is a member of the header,
-- the last step of a member, or a member of a group that is. A complex, a swarm or a graph within it is a unit of its own.
local function header_of(node)
  while true do
    local parent, index = parent_and_index(node)
    local definition = parent and definition_of(parent)
    if not definition then return nil end
    local kind = attribute(definition, ATTRIBUTE.kind)
    if shape_of(definition) == SHAPE.pool then
      if attribute(definition, ATTRIBUTE.chord_header) then return parent end
      if kind ~= KIND.group then return nil end
    elseif (kind ~= KIND.chain and kind ~= KIND.chord)
      or tonumber(index) + 1 < number(definition, ATTRIBUTE.size) then
      return nil
    end
    node = parent
  end
end
