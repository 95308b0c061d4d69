-- want: 0 REPOSITORY_BUCKET =
-- run: explain
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function()
  return "a\27[31m\n\r\0\u{9b}\xff\u{202e}x"
end }
