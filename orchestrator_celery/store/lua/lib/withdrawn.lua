-- Composites that are failing: nothing below them starts any more. The head lists them as `composite=reference ...`, the
-- reference of the error. `withdraw.lua` removes what is queued below them, in slices; the claim refuses it meanwhile.
local failing -- parsed once in a call

local function errors_of_failing() -- by composite
  if failing then return failing end
  failing = {}
  for composite, reference in withdrawn:gmatch('(%S+)=(%S+)') do failing[composite] = reference end
  return failing
end

local function error_above(node)
  local errors, above = errors_of_failing(), pool_of_runner(node) or parent_of(node)
  while above do
    if errors[above] then return errors[above] end
    above = parent_of(above)
  end
end

-- The error of the innermost failing composite above a node; nil without one. Callbacks always run.
local function withdrawn_with(node) return withdrawn and error_above(node) or nil end
