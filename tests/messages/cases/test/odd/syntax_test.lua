test "x" {
  input = 
}
