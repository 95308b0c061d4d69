rule "x" { summary = "", kinds = {}, check = function() end }
