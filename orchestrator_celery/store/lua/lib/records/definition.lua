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
