-- Compares lines of `text_blocks` with texts, which are in lower case, and with patterns of names, in which '*' stands for anything.
local function as_text(condition)
  local lower = condition.kind:match('text$')
  condition.patterns = {}
  for k, value in ipairs(condition.values) do
    local parts = {}
    for part in ((lower and value or value:gsub('%*', LINE)) .. LINE):gmatch('(.-)' .. LINE) do parts[#parts + 1] = part end
    condition.patterns[k] = parts
  end
  condition.is_name = not lower
  return condition
end

local function is_like(parts, name)
  if #parts == 1 then return name == parts[1] end
  if name:sub(1, #parts[1]) ~= parts[1] then return false end
  local place = #parts[1] + 1
  for k = 2, #parts - 1 do
    local _, last = name:find(parts[k], place, true)
    if not last then return false end
    place = last + 1
  end
  return #name - #parts[#parts] + 1 >= place and name:sub(#name - #parts[#parts] + 1) == parts[#parts]
end

local function has_text(condition, line, name)
  for _, parts in ipairs(condition.patterns) do
    if condition.is_name and is_like(parts, name) or not condition.is_name and line:find(parts[1], TIME + 1, true) then
      return true
    end
  end
  return false
end

-- Whether a line fits. A name that is cut may fit, unless its beginning decides.
local function line_fits(texts, line)
  for _, condition in ipairs(texts) do
    local name = condition.is_name and line:match('^[^\31]*\31([^\31]*)')
    if has_text(condition, line, name) ~= condition.must and not line:find(NAME .. CUT, TIME + 1, true) then return false end
  end
  return true
end
