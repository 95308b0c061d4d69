-- want: 2 memory-limit | longer than 4 MiB
local s = secret("xyzzy" .. "-plugh-42")
local all = {}
for i = 1, 1 << 30 do
  s = s .. s
  all[i] = s
end
