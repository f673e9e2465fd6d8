package netpol

// table answers which endpoints a matcher picks, each matcher once, and looks
// only at those that may be: pods of its namespace, or with a label it demands.
type table struct {
	endpoints   []*endpoint
	byNamespace map[string][]int
	byLabel     map[[2]string][]int
	all         []int
	known       map[string]extent
}

func newTable(es []*endpoint) *table {
	t := &table{endpoints: es, byNamespace: map[string][]int{}, byLabel: map[[2]string][]int{}, known: map[string]extent{}}
	for i, e := range es {
		t.all = append(t.all, i)
		t.byNamespace[e.namespace] = append(t.byNamespace[e.namespace], i)
		for k, v := range e.labels {
			t.byLabel[[2]string{k, v}] = append(t.byLabel[[2]string{k, v}], i)
		}
	}
	return t
}

// any is the extent of several matchers together, not to be changed either.
func (t *table) any(ms []matcher) extent {
	if len(ms) == 1 {
		return t.extent(ms[0]) // as most rules have
	}
	var x extent
	for _, m := range ms {
		y := t.extent(m)
		x = extent{x.sure.or(y.sure), x.possible.or(y.possible)}
	}
	return x
}

// extent is shared: change none of it.
func (t *table) extent(m matcher) extent {
	if x, ok := t.known[m.key]; ok && m.key != "" {
		return x
	}
	candidates := t.all
	if m.namespace != "" {
		candidates = t.byNamespace[m.namespace]
	}
	if m.hint != nil {
		if list := t.byLabel[[2]string{m.hint.key, m.hint.values[0]}]; len(list) < len(candidates) {
			candidates = list
		}
	}
	var x extent
	for _, i := range candidates {
		e := t.endpoints[i]
		if e.host || m.namespace != "" && e.namespace != m.namespace {
			continue // pods of the nodes' network are no pods to a policy
		}
		truth := m.test(e)
		if truth == yes {
			x.sure = append(x.sure, int32(i))
		}
		if truth != no {
			x.possible = append(x.possible, int32(i))
		}
	}
	t.known[m.key] = x
	return x
}
