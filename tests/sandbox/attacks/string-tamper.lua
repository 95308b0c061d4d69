-- want: 0 info[log]: X 3
string.upper, string.len = function() return "changed" end, nil
log.info(("x"):upper() .. " " .. ("abc"):len())
