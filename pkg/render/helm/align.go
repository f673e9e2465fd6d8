package helm

// maxAlign bounds the work of aligning two outputs that differ, in compared
// pairs of lines.
const maxAlign = 4_000_000

// align maps each line of a to its equal in b, in order, -1 for none: the
// common head and tail first, and between them a longest common subsequence,
// or nothing if that is too much work.
func align(a, b []string) []int {
	to := make([]int, len(a))
	for i := range to {
		to[i] = -1
	}
	lo := 0
	for lo < len(a) && lo < len(b) && a[lo] == b[lo] {
		to[lo] = lo
		lo++
	}
	x, y := len(a), len(b)
	for x > lo && y > lo && a[x-1] == b[y-1] {
		x--
		y--
		to[x] = y
	}
	n, m := x-lo, y-lo
	if n == 0 || m == 0 || n > maxAlign/m {
		return to
	}
	// best[i][k]: length of the longest common subsequence of a[lo+i:x], b[lo+k:y].
	best := make([][]int32, n+1)
	for i := range best {
		best[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for k := m - 1; k >= 0; k-- {
			if a[lo+i] == b[lo+k] {
				best[i][k] = best[i+1][k+1] + 1
			} else {
				best[i][k] = max(best[i+1][k], best[i][k+1])
			}
		}
	}
	for i, k := 0, 0; i < n && k < m; {
		switch {
		case a[lo+i] == b[lo+k]:
			to[lo+i] = lo + k
			i++
			k++
		case best[i+1][k] >= best[i][k+1]:
			i++
		default:
			k++
		}
	}
	return to
}
