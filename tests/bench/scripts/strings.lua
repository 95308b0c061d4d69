-- What scripts do with names, images and lines of text.
local line = "registry.example.com:5000/team/postgres-backup@sha256:0123456789abcdef  # pinned, by digest"
local text = (line .. "\n"):rep(20)
local out = {}
for i = 1, 400 do
  local image, comment = line:match "^(%S+)%s*#%s*(.*)$"
  local host, path = image:match "^([^/]+)/(.*)$"
  local name = path:gsub("@.*$", ""):gsub("[^%w]+", "-"):lower()
  if image:find("@sha256:", 1, true) and not name:find "^%d" then
    out[#out + 1] = ("%s/%s=%d (%s)"):format(host, name, i, comment:upper():sub(1, 6))
  end
  local words = 0
  for _ in comment:gmatch "%a+" do words = words + 1 end
  if i % 40 == 0 then
    for l in text:gmatch "([^\n]*)\n" do out[#out + 1] = l:gsub("%d", { ["0"] = "zero" }) end
  end
  out[#out + 1] = tostring(i) .. ("-"):rep(words)
end
return #table.concat(out, "\n")
