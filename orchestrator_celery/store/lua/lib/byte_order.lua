-- Redis orders runs of the same millisecond by the bytes of their ids. Lua would compare by the rules of a language.
local function before(one, other)
  for k = 1, math.min(#one, #other) do
    if one:byte(k) ~= other:byte(k) then return one:byte(k) < other:byte(k) end
  end
  return #one < #other
end
