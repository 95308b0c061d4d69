-- want: 0 info[log]: table function userdata table function
local v = yaml.decode "{a: 1}"
log.info(tostring({}) .. " " .. tostring(error) .. " " .. tostring(v) .. (" %s %s"):format({}, error))
