-- want: 2 \u061c & \u202e & \u2069 & \u206a & \u2028 & \u009b
-- What turns text round or is obeyed by a terminal, in names that scripts and their objects have.
for _, mark in ipairs { "\u{61c}", "\u{202e}", "\u{2069}", "\u{206a}", "\u{2028}", "\u{9b}", "\27[2J", "\u{200f}" } do
  for _, declare in ipairs { provider, rule, template, option } do
    local ok, why = pcall(declare, "site" .. mark .. "etis")
    if ok then error("taken", 0) end
    log.info(why)
    if why:find(mark, 1, true) then error("it is shown as it is", 0) end
  end
end
error "\u{61c}\u{202e}\u{2069}\u{206a}\u{2028}\u{9b}"
