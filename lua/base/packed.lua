-- Values as bytes, for what one process leaves for another: strings, integers, booleans, and tables of these. What else a table holds, such
-- as the source of a place, is left out.
local packed = {}

local function add(out, v)
  if type(v) == "string" then out[#out + 1] = ("<c1s4"):pack("s", v)
  elseif math.type(v) == "integer" then out[#out + 1] = ("<c1i8"):pack("i", v)
  elseif type(v) == "boolean" then out[#out + 1] = v and "t" or "f"
  elseif type(v) == "table" then
    out[#out + 1] = "{"
    for key, each in pairs(v) do
      if packed.can(each) then
        add(out, key)
        add(out, each)
      end
    end
    out[#out + 1] = "}"
  end
end

-- can(value) -> whether it is of a type that can be packed
function packed.can(v) return type(v) == "string" or math.type(v) == "integer" or type(v) == "boolean" or type(v) == "table" end

-- pack(value) -> bytes
function packed.pack(v)
  local out = {}
  add(out, v)
  return table.concat(out)
end

local function read(bytes, at)
  local tag = bytes:sub(at, at)
  if tag == "s" then return ("<s4"):unpack(bytes, at + 1) end
  if tag == "i" then return ("<i8"):unpack(bytes, at + 1) end
  if tag ~= "{" then return tag == "t", at + 1 end
  local t = {}
  at = at + 1
  while bytes:sub(at, at) ~= "}" do
    local key
    key, at = read(bytes, at)
    t[key], at = read(bytes, at)
  end
  return t, at + 1
end

-- unpack(bytes) -> the value that they were packed from
function packed.unpack(bytes) return (read(bytes, 1)) end

return packed
