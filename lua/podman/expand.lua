-- $(NAME) in a container's command, args and environment, as the kubelet replaces it: `$$` stands for one `$`, and a name that has no value
-- stays as it is written.
--
-- expand(text, values) -> the text, true when the value of a secret is in it. values maps a name to { value, secret = boolean }.
return function(text, values)
  local secret = false
  local parts, at = {}, 1
  while at <= #text do
    local dollar = text:find("$", at, true)
    if not dollar or dollar == #text then break end
    parts[#parts + 1] = text:sub(at, dollar - 1)
    local sign = text:sub(dollar + 1, dollar + 1)
    local stop = sign == "(" and text:find(")", dollar + 2, true)
    if stop then
      local known = values[text:sub(dollar + 2, stop - 1)]
      parts[#parts + 1] = known and known.value or text:sub(dollar, stop)
      secret = secret or known and known.secret or false
      at = stop + 1
    else
      parts[#parts + 1] = sign == "$" and "$" or "$" .. sign
      at = dollar + 2
    end
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts), secret
end
