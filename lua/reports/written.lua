-- How a report is written of findings that come one by one: they need not be in memory, and may be gone through several times.

-- written(write) -> function(findings, run [, add]), where write(each, run, add) has each() for an iterator over the findings, and gives
-- the parts of the report to add(text). `findings` is a list, or is such an `each` itself. Without `add`, the text is returned.
return function(write)
  return function(findings, run, add)
    local each = type(findings) == "function" and findings or function()
      local i = 0
      return function()
        i = i + 1
        return findings[i]
      end
    end
    if add then return write(each, run, add) end
    local parts = {}
    write(each, run, function(text) parts[#parts + 1] = text end)
    return table.concat(parts)
  end
end
