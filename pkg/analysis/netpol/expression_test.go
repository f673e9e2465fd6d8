package netpol

import "testing"

func TestSelects(t *testing.T) {
	labels := map[string]string{"app": "web", "tier": "front-end"}
	get := func(key string) (string, bool, bool) {
		v, ok := labels[key]
		return v, ok, key != "unknown"
	}
	for selector, want := range map[string]bool{
		"":                                   true,
		"all()":                              true,
		"global()":                           false,
		"app == 'web'":                       true,
		`app == "db"`:                        false,
		"app != 'db' && has(tier)":           true,
		"!has(tier)":                         false,
		"has(missing) || app=='web'":         true,
		"app in {'db', 'web'}":               true,
		"app not in {'db','web'}":            false,
		"missing not in {'db'}":              true,
		"missing in {'db'} && app == 'web'":  false,
		"tier contains 'ont'":                true,
		"tier starts with 'back'":            false,
		"tier ends with 'end'":               true,
		"!(app == 'web' && tier == 'x')":     true,
		"app == 'db' || (has(app) && all())": true,
		"unknown == 'x'":                     true, // cannot be told
		"app ~ 'web'":                        true, // cannot be read
		"app == ":                            true,
		"((((":                               true,
	} {
		if got := selects(selector, get); got != want {
			t.Errorf("%q selects: %t, want %t", selector, got, want)
		}
	}
}
