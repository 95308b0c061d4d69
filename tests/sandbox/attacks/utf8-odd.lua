-- want: 2 all refused
local long = ("\u{10ffff}"):rep(1 << 18)
local calls = {
  { utf8.codepoint, long, 1, -1 }, { utf8.codepoint, "a", 1, math.maxinteger }, { utf8.codepoint, "a", math.mininteger, 1 },
  { utf8.char, -1 }, { utf8.char, math.maxinteger }, { utf8.char, 0x80000000 }, { utf8.char, 0.5 }, { utf8.offset, "\x80", 1, 1 },
  { utf8.offset, long, 1, math.mininteger }, { utf8.offset, "a", math.maxinteger, 3 }, { utf8.len, "a", 3 }, { utf8.len, {} }, { utf8.codes, nil },
  { function() for _ in utf8.codes "\xff" do log.info "seen" end end }, { function() for _ in utf8.codes "\u{d7ff}\xed\xa0\x80" do end end },
}
for i, call in ipairs(calls) do
  if pcall(table.unpack(call)) then error(i .. " was taken", 0) end
end
error "all refused"
