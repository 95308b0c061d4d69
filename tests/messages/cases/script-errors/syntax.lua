template "syntax" {
