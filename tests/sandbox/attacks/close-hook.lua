-- want: 2 got a non-closable value
local x <close> = yaml.decode "{a: 1}"
