-- The definition of a mapped visit: see orchestrator_celery/records/definitions.py.
-- A visit that is mapped over a list is a pool of as many items as the list has.
local function map_definition(size, cap)
  local bound = cap and ' ' .. ATTRIBUTE.max_concurrency .. '=' .. cap or ''
  return SHAPE.pool .. ' ' .. ATTRIBUTE.size .. '=' .. size .. ' ' .. ATTRIBUTE.kind .. '=' .. KIND.map .. bound
    .. '\n{}'
end
