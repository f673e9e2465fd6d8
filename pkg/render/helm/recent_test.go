package helm

import "testing"

func TestRecent(t *testing.T) {
	r := newRecent[string, int](10)
	made := 0
	get := func(k string, size int) {
		r.get(k, func() (int, int) { made++; return made, size })
	}
	get("a", 4)
	get("b", 4)
	get("a", 4) // now b was used longest ago
	get("c", 4)
	if _, ok := r.find("b"); ok || made != 3 {
		t.Errorf("b was kept, or %d were made", made)
	}
	if v, ok := r.find("a"); !ok || v != 1 {
		t.Errorf("a is %d, %v", v, ok)
	}
	r.resize("c", 100) // too large alone, and used last: a goes
	r.find("c")
	get("d", 1)
	if _, ok := r.find("c"); ok {
		t.Error("what is too large was kept")
	}
	if r.size != 1 || r.order.Len() != 1 || len(r.items) != 1 {
		t.Errorf("size %d, %d items, %d keys; want one of size 1", r.size, r.order.Len(), len(r.items))
	}
}

// TestMarkNumbers takes more texts than there are numbers: what is marked twice
// is the same, and a number that came again is not mistaken.
func TestMarkNumbers(t *testing.T) {
	m := newMarker()
	first := m.file("a: {{ .Values.a }}\n")
	if again := m.file("a: {{ .Values.a }}\n"); again != first {
		t.Error("a text was marked twice")
	}
	m.next.Add(uint32(markMax - valuesFiles - 1))
	if other := m.file("b: {{ .Values.b }}\n"); other.number != first.number {
		t.Errorf("number %d did not come again, but %d", first.number, other.number)
	}
}
