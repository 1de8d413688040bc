-- Headers of definitions: see orchestrator_celery/records/definitions.py.
local function shape_of(definition)
  return definition:sub(1, 1)
end

local function attribute(definition, name)
  return definition:match('^[^\n]* ' .. name .. '=([^ \n]+)')
end

local function number(definition, name)
  return tonumber(attribute(definition, name))
end

-- A visit that is mapped over a list is a pool of as many items as the list has.
local function map_definition(size, cap)
  local bound = cap and ' ' .. ATTRIBUTE.max_concurrency .. '=' .. cap or ''
  return SHAPE.pool .. ' ' .. ATTRIBUTE.size .. '=' .. size .. ' ' .. ATTRIBUTE.kind .. '=' .. KIND.map .. bound
    .. '\n{}'
end
