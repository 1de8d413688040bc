-- Finds the lines of a block of `text_blocks` that fit.

-- Whether a line of a block may fit: most blocks have no rare text.
local function block_fits(texts, data)
  for _, condition in ipairs(texts) do
    local found = not condition.must or data:find(NAME .. CUT, 1, true)
    for _, parts in ipairs(found and {} or condition.patterns) do
      local all = true
      for _, part in ipairs(parts) do all = all and data:find(part, 1, true) end
      found = found or all
    end
    if not found then return false end
  end
  return true
end

-- The only text that decides in a block, or nil, and whether lines with it fit. A cut name needs a closer look.
local function only_text(texts, data)
  local only, more = unpack(texts)
  if not only or more or only.is_name or #only.values > 1 or data:find(NAME .. CUT, 1, true) then return nil end
  return table.concat(only.values), only.must
end

local function fitting_lines(texts, data)
  local lines, first, text, must = {}, 1, only_text(texts, data)
  local is_plain, hit = text or #texts == 0, text and 0 or math.huge
  local last = data:find(LINE, first, true)
  while last do
    if text and hit < first + TIME then hit = data:find(text, first + TIME, true) or math.huge end
    if not text or (hit < last) == must then
      local line = data:sub(first, last - 1)
      if is_plain or line_fits(texts, line) then lines[#lines + 1] = line end
    end
    first = last + 1
    last, work = data:find(LINE, first, true), work + 1 / 2
  end
  return lines
end
