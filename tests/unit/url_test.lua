local suite = dofile "tests/lib/suite.lua"
local host_and_path = require "scripts.url"

-- { URL, host, path }, or { URL, nil, part of the reason }
local ROWS = {
  { "http://host/path", "host", "/path" },
  { "https://host:8000/a/b/", "host:8000", "/a/b/" },
  { "http://host", "host", "" },
  { "http://host/", "host", "/" },
  { "http://host:/x", "host:", "/x" },
  { "http://user:pw@host:1/x", "host:1", "/x" },
  { "http://a@b@host/x", "host", "/x" },
  { "http://[::1]:8000/x", "[::1]:8000", "/x" },
  { "http://[::1]/x", "[::1]", "/x" },
  { "http:///x", "", "/x" },
  { "http://host?q=/x", "host", "" },
  { "http://host/x?q#f", "host", "/x" },
  { "http://host/x#f?q", "host", "/x" },
  { "http://host/a%20b%2Fc", "host", "/a b/c" },
  { "HTTP://Host/X", "Host", "/X" },
  { "s3+x.y-1://b/x", "b", "/x" },
  { "//host/x", "host", "/x" },
  { "///x", "", "///x" },
  { "/x/y", "", "/x/y" },
  { "x/y", "", "x/y" },
  { "x", "", "x" },
  { "", "", "" },
  { "mailto:a@b", "", "" }, -- opaque: neither host nor path
  { "x/y:z", "", "x/y:z" },
  { "http://host/%", nil, "path" },
  { "http://host/%2", nil, "path" },
  { "http://host/%zz", nil, "path" },
  { "http://host/%%41", nil, "path" },
  { "http://ho%st/x", nil, "host" },
  { "http://host:port/x", nil, "port" },
  { "http://host:80a/x", nil, "port" },
  { "http://[::1]x/", nil, "port" },
  { ":x", nil, "scheme" },
  { "1http://x:1y", nil, "colon" },
  { "a_b:c", nil, "colon" },
  { "http://host/\n", nil, "control" },
  { "http://host/\0", nil, "control" },
  { "http://host/\127", nil, "control" },
}

local tests = {}
for _, row in ipairs(ROWS) do
  tests[#tests + 1] = { row[1], function()
    local host, path = host_and_path(row[1])
    suite.equal(host, row[2], "host")
    if host then suite.equal(path, row[3], "path")
    elseif not path:find(row[3], 1, true) then error(("%q has no %q"):format(path, row[3])) end
  end }
end
return suite.run("url", tests)
