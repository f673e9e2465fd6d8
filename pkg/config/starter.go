package config

import _ "embed"

// Starter is the commented file that kustoms init writes.
//
//go:embed starter.yaml
var Starter []byte
