-- want: 2 cannot go through a table | error[script]
for _ = 1, 3 do
  _G._G = { _G }
  _G[_G] = _G
end
for k in pairs(_G) do log.info(k) end
for k in pairs(_G._G[1]) do log.info(k) end
