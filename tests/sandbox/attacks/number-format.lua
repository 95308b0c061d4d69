-- want: 0 info[log]: nan nan nan 9007199254740992.0 1
log.info(("%g %.1f %s %s %d"):format(0 / 0, -(0 / 0), 0 / 0, 2 ^ 53, 1.0))
