local suite = dofile "tests/lib/suite.lua"
local quantity = require "base.quantity"

-- Texts of equal amount, in rising order; each row is less than the next.
local RISING = {
  { "-1", "-1000m", -1 },
  { "0", "0m", "0Gi", 0, "-0" },
  { "1n", "0.001u" },
  { "100m", "0.1", ".1", 0.1, "100000u" },
  { "500m", "0.5", "+0.5", "5e-1" },
  { "1", "1.", "1000m", "1e0", 1, 1.0 },
  { "1k", "1000", "1e3", "1E3" },
  { "1Ki", "1024" },
  { "1M", "1000k" },
  { "1Mi", "1024Ki", "1048576" },
  { "1.5Gi", "1536Mi" },
  { "2G" }, { "2Gi" }, { "1T" }, { "1Ti" }, { "1P" }, { "1Pi" }, { "1E", "1e18" }, { "1Ei" },
}

local tests = {
  { "equal amounts, and rising ones", function()
    local last = -math.huge
    for _, row in ipairs(RISING) do
      local first = quantity(row[1])
      for _, text in ipairs(row) do suite.equal(quantity(text) == first, true, tostring(text)) end
      suite.equal(last < first, true, tostring(row[1]))
      last = first
    end
  end },
  { "what is no quantity", function()
    for _, text in ipairs { "", "m", "1 Gi", "1gi", "1K", "1mi", "one", "1.2.3", "--1", "0x10", "1e", "1eGi", "inf", "nan" } do
      suite.equal(quantity(text), nil, text)
    end
  end },
}
return suite.run("quantity", tests)
