-- want: 2 nothing is called rule here
-- run: test
pcall(function() provider "x" { summary = "", variables = {}, resolve = function() end } end)
rule "x" { summary = "", kinds = { "*" }, check = function() end }
