-- want: 2 attempt to call a nil value (method 'dump')
("x"):dump(error)
