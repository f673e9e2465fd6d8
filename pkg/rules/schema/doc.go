// Package schema holds the rules on what the API server will refuse or
// silently change.
package schema
