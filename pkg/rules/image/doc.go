// Package image holds the rules on what an image reference alone gives away:
// moving tags, dead registries, end of life, known bad versions, full bases.
package image
