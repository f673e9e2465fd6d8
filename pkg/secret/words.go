package secret

import "math"

// words finds every occurrence of a set of lower-case ASCII keywords in one
// pass, upper case taken for lower: Aho and Corasick's automaton with its
// failure links resolved into a table.
type words struct {
	class [256]uint8 // byte → column
	width int
	next  []uint32 // row*width+class → row*width, with the flag hit
	out   map[uint32][]int32
	size  []int
}

const hit = 1 << 31

func newWords(list []string) *words {
	w := &words{width: 1, out: map[uint32][]int32{}}
	for _, s := range list {
		w.size = append(w.size, len(s))
		for i := range len(s) {
			if c := s[i]; w.class[c] == 0 {
				w.class[c] = uint8(w.width)
				w.width++
			}
		}
	}
	for c := byte('a'); c <= 'z'; c++ {
		w.class[c-'a'+'A'] = w.class[c]
	}
	const none = math.MaxUint32
	var ends [][]int32
	row := func() uint32 {
		for range w.width {
			w.next = append(w.next, none)
		}
		ends = append(ends, nil)
		return uint32(len(ends) - 1)
	}
	row()
	for id, s := range list {
		at := uint32(0)
		for i := range len(s) {
			cell := int(at)*w.width + int(w.class[s[i]])
			if w.next[cell] == none {
				n := row()
				w.next[cell] = n
			}
			at = w.next[cell]
		}
		ends[at] = append(ends[at], int32(id))
	}
	// Breadth first, so that a row's failure row is complete before it.
	fail := make([]uint32, len(ends))
	queue := []uint32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := range w.width {
			cell := int(at)*w.width + c
			to, back := w.next[cell], uint32(0)
			if at != 0 {
				back = w.next[int(fail[at])*w.width+c]
			}
			if to == none {
				w.next[cell] = back
				continue
			}
			fail[to] = back
			ends[to] = append(ends[to], ends[back]...)
			queue = append(queue, to)
		}
	}
	for i, to := range w.next {
		r := to * uint32(w.width)
		if len(ends[to]) > 0 {
			w.out[r] = ends[to]
			r |= hit
		}
		w.next[i] = r
	}
	return w
}

// find calls yield for each occurrence in text[from:to] with the keyword's
// number and its start.
func (w *words) find(text string, from, to int, yield func(id int32, at int)) {
	row := uint32(0)
	for i := from; i < to; i++ {
		n := w.next[row+uint32(w.class[text[i]])]
		row = n &^ hit
		if n&hit != 0 {
			for _, id := range w.out[row] {
				yield(id, i+1-w.size[id])
			}
		}
	}
}
