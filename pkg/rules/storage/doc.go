// Package storage holds the rules on volumes and claims: types, encryption,
// sharing, missing ones.
package storage
