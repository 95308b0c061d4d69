-- want: 0 info[log]: 11 11
log.info(("10" + 1) .. " " .. (10 + "1"))
