-- The start of what a zlib stream holds (RFC 1950 and 1951), for git's loose objects, of which the first bytes say enough.
--
-- inflate(bytes, most) -> at most so many bytes. Raises for what is no such stream. Checksums are not looked at: the end is not read.

-- For the codes of lengths and distances: how many extra bits there are, and what the code begins at.
local LENGTHS, DISTANCES = {}, {}

local function fill(codes, first, extra_from, count)
  local base = first
  for i = 0, count - 1 do
    local extra = i < 2 * extra_from and 0 or (i // extra_from) - 1
    codes[i] = { extra, base }
    base = base + (1 << extra)
  end
end
fill(LENGTHS, 3, 4, 28)
LENGTHS[28] = { 0, 258 }
fill(DISTANCES, 1, 2, 30)

-- The order in which a block gives the lengths of the codes that its lengths are written in.
local ORDER = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 }

-- bits(n) -> the next n bits; bits() drops what is left of the present byte.
local function bit_reader(bytes, at)
  local kept, count = 0, 0
  return function(n)
    if not n then
      kept, count = 0, 0 -- no byte is taken before it is needed, so there is no whole one in it
      return
    end
    while count < n do
      local byte = bytes:byte(at)
      if not byte then error("it ends early", 0) end
      kept, count, at = kept | byte << count, count + 8, at + 1
    end
    local got = kept & ((1 << n) - 1)
    kept, count = kept >> n, count - n
    return got
  end
end

-- A function that reads one symbol of a Huffman code, whose symbols from 0 on have codes of such lengths.
local function code(lengths, bits)
  local counts, starts, symbols = {}, {}, {}
  for length = 0, 15 do counts[length] = 0 end
  for symbol = 0, #lengths do counts[lengths[symbol]] = counts[lengths[symbol]] + 1 end
  counts[0], starts[1] = 0, 0
  for length = 1, 14 do starts[length + 1] = starts[length] + counts[length] end
  for symbol = 0, #lengths do
    local length = lengths[symbol]
    if length > 0 then
      symbols[starts[length]] = symbol
      starts[length] = starts[length] + 1
    end
  end
  return function()
    local value, first, index = 0, 0, 0
    for length = 1, 15 do
      value = value | bits(1)
      if value - first < counts[length] then return symbols[index + value - first] end
      index, first, value = index + counts[length], (first + counts[length]) << 1, value << 1
    end
    error("it has a code that is none", 0)
  end
end

local function fixed_codes(bits)
  local lengths, distances = {}, {}
  for symbol = 0, 287 do lengths[symbol] = symbol < 144 and 8 or symbol < 256 and 9 or symbol < 280 and 7 or 8 end
  for symbol = 0, 29 do distances[symbol] = 5 end
  return code(lengths, bits), code(distances, bits)
end

-- Reads so many lengths, which are written in a code of their own where 16 to 18 stand for repetitions.
local function read_lengths(count, symbol, bits)
  local lengths, n = {}, 0
  while n < count do
    local got = symbol()
    local value, times = got, 1
    if got == 16 then value, times = lengths[n - 1], 3 + bits(2)
    elseif got == 17 then value, times = 0, 3 + bits(3)
    elseif got == 18 then value, times = 0, 11 + bits(7) end
    if not value or n + times > count then error("its codes are wrong", 0) end
    for _ = 1, times do lengths[n], n = value, n + 1 end
  end
  return lengths
end

local function own_codes(bits)
  local literals, distances, own = bits(5) + 257, bits(5) + 1, {}
  for i = 0, 18 do own[i] = 0 end
  for i = 1, bits(4) + 4 do own[ORDER[i]] = bits(3) end
  local all = read_lengths(literals + distances, code(own, bits), bits)
  local of_distances = {}
  for i = 0, distances - 1 do of_distances[i], all[literals + i] = all[literals + i], nil end
  return code(all, bits), code(of_distances, bits)
end

local function add_stored(out, most, bits)
  bits()
  local length = bits(16)
  if bits(16) ~= length ~ 0xFFFF then error("its lengths are wrong", 0) end
  for _ = 1, math.min(length, most - #out) do out[#out + 1] = string.char(bits(8)) end
end

local function extended(known, bits)
  if not known then error("it has a code that is none", 0) end
  return known[2] + bits(known[1])
end

local function add_coded(out, most, bits, literal, distance)
  while #out < most do
    local symbol = literal()
    if symbol == 256 then return end
    if symbol < 256 then out[#out + 1] = string.char(symbol)
    else
      local length = extended(LENGTHS[symbol - 257], bits)
      local back = extended(DISTANCES[distance()], bits)
      if back > #out then error("it repeats what is not there", 0) end
      for _ = 1, length do out[#out + 1] = out[#out - back + 1] end
    end
  end
end

return function(bytes, most)
  local head, flags = bytes:byte(1, 2)
  if not flags or head & 15 ~= 8 or (head << 8 | flags) % 31 ~= 0 or flags & 32 ~= 0 then error("it is no zlib stream", 0) end
  local bits, out, last = bit_reader(bytes, 3), {}, 0
  while last == 0 and #out < most do
    last = bits(1)
    local kind = bits(2)
    if kind == 0 then add_stored(out, most, bits)
    elseif kind == 1 then add_coded(out, most, bits, fixed_codes(bits))
    elseif kind == 2 then add_coded(out, most, bits, own_codes(bits))
    else error("it has a block of no kind", 0) end
  end
  return table.concat(out, "", 1, math.min(#out, most))
end
