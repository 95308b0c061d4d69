-- JSON pointers (RFC 6901): /a/0/b, where ~1 stands for a slash in a key and ~0 for a tilde.
--
--   why(text) -> why it is no pointer, or nil
--   find(value, text) -> what it points at; nil where that is not there, or null
local pointer = {}

function pointer.why(text)
  if text ~= "" and text:sub(1, 1) ~= "/" then return "it must be empty or begin with /" end
  if text:gsub("~[01]", ""):find("~", 1, true) then return "~ stands in front of 0 or 1 only: ~0 is a tilde, ~1 a slash" end
end

-- One step. An index of a list has no sign and no leading zeros; `-`, the place behind the last item, is never there.
local function step(v, key)
  if type(v) ~= "table" then return nil end
  if not k8s.is_list(v) then return v[key] end
  if key ~= "0" and not key:find "^[1-9]%d*$" or #key > 15 then return nil end
  return v[tonumber(key) + 1]
end

function pointer.find(v, text)
  for token in text:gmatch "/([^/]*)" do
    v = step(v, (token:gsub("~1", "/"):gsub("~0", "~")))
    if v == nil then return nil end
  end
  return v
end

return pointer
