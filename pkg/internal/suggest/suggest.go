// Package suggest finds the name that a person probably meant: the candidate
// of the smallest edit distance, and none where the nearest is too far to be a
// slip of the hand.
package suggest

import "strings"

// Nearest returns the candidate nearest to word, case ignored, or "". Of two
// equally near the first wins.
func Nearest(word string, candidates []string) string {
	best, found := len(word)/3+2, ""
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c), best); d < best {
			best, found = d, c
		}
	}
	return found
}

// DidYouMean is a hint that names the nearest candidate, or "".
func DidYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return `did you mean "` + n + `"?`
	}
	return ""
}

// distance is the edit distance of a and b in bytes, neighbours swapped
// counting one, or limit where it is no smaller.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	var before []int
	prev, cur := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev, cur = prev, cur, make([]int, len(b)+1)
	}
	return min(prev[len(b)], limit)
}
