-- The header of the chord whose completion a node is part of, as Celery's `request.chord`: the node is a member of it, or the
-- last step of one, or a member of a group that is. A unit of its own within it (a complex, a swarm, a graph) is no part.
local function header_of(node)
  while true do
    local parent, index = node:match('^(.*)%.(%d+)$')
    local spec = parent and definition(parent)
    if not spec then return nil end
    local kind = attr(spec, 'k')
    if spec:sub(1, 1) == 'P' then
      if attr(spec, 'ch') then return parent end
      if kind ~= 'group' then return nil end
    elseif (kind ~= 'chain' and kind ~= 'chord') or tonumber(index) + 1 < number(spec, 'n') then
      return nil
    end
    node = parent
  end
end
