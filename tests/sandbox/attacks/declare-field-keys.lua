-- want: 2 cannot go through a table with table keys | unknown field
template "x" { summary = "s", render = function() end, [{}] = 1 }
