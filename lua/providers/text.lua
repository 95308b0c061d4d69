-- What a server answers as a variable's value. `what` names it in messages.
--
--   of_json(value, what) -> text. Numbers and booleans are written as in JSON; lists, maps and what lost digits are errors.
--   of_bytes(bytes, what) -> the same text; raises where it is none
--   of_base64(text, what) -> what it stands for, as text
local text = {}

local EXACT = 2.0 ^ 53 -- from here on a number with a fraction's type may be another one than the server wrote

function text.of_bytes(bytes, what)
  if not utf8.len(bytes) or bytes:find("\0", 1, true) then error(what .. " is no text: it has bytes that are no UTF-8, or NULs", 0) end
  return bytes
end

function text.of_base64(encoded, what)
  local bytes = type(encoded) == "string" and base64.decode(encoded)
  if not bytes then error(what .. " is no Base64", 0) end
  return text.of_bytes(bytes, what)
end

function text.of_json(v, what)
  if type(v) == "string" then return text.of_bytes(v, what) end
  if type(v) == "boolean" then return tostring(v) end
  if type(v) == "table" then
    error(("%s is %s; a variable takes a string, number or boolean"):format(what, k8s.is_list(v) and "a list" or "a map"), 0)
  end
  if math.type(v) == "float" and (v >= EXACT or v <= -EXACT) then
    error(what .. " is a number with too many digits to be told exactly; the server should send it as a string", 0)
  end
  return tostring(v)
end

return text
