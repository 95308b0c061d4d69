provider "broken" {
