-- A map or list takes the place of another value.
return {
  { "a list in lines", "a:\n- b\n- c\nd: 1\n", { { "a", list { "x" } } }, "a:\n- x\nd: 1\n" },
  { "a map for a list", "a:\n- b\n- c\nd: 1\n", { { "a", { x = 1 } } }, "a:\n  x: 1\nd: 1\n" },
  { "a map in lines", "a:\n  b: 1\n  c: 2\n", { { "a", { d = 3 } } }, "a:\n  d: 3\n" },
  { "a scalar for a map", "a:\n  b: 1\nc: 2\n", { { "a", 5 } }, "a: 5\nc: 2\n" },
  { "a map for a scalar", "a: 1 # x\n", { { "a", { b = 2 } } }, "a: {b: 2} # x\n" },
  { "brackets", "a: [b, c] # x\n", { { "a", list { "d" } } }, "a: [d] # x\n" },
  { "an empty one", "a:\n- b\n", { { "a", list {} } }, "a: []\n" },
  { "two that touch are done one behind the other", "a: {b: {c: 1}}\n", { { "a.b.c", 2 }, { "a.d", 3 } }, "a: {b: {c: 2}, d: 3}\n" },
  { "comments in it are not thrown away", "a:\n  b: 1 # x\n  c: 2\n", { { "a", { d = 3 } } }, { "there are comments in what would be replaced" } },
}
