package rules

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

type row struct{ id, family, severity, off, scope string }

func readRows(t *testing.T) map[string]row {
	t.Helper()
	f, err := os.Open("catalogue.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recs, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, name := range recs[0] {
		col[name] = i
	}
	rows := map[string]row{}
	for _, rec := range recs[1:] {
		r := row{rec[col["id"]], rec[col["family"]], rec[col["severity"]], rec[col["default"]], rec[col["scope"]]}
		if _, twice := rows[r.id]; twice {
			t.Errorf("%s: two rows", r.id)
		}
		rows[r.id] = r
	}
	return rows
}

func TestCatalogueIsSound(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+){0,4}$`)
	folders := map[string]bool{}
	for _, f := range All() {
		folders[f.Name] = true
	}
	for _, r := range readRows(t) {
		if !id.MatchString(r.id) {
			t.Errorf("%s: an id is at most five words in kebab-case", r.id)
		}
		if !folders[r.family] {
			t.Errorf("%s: unknown family %q", r.id, r.family)
		}
		if _, err := result.ParseSeverity(r.severity); err != nil {
			t.Errorf("%s: %v", r.id, err)
		}
		if r.off != "on" && r.off != "off" {
			t.Errorf("%s: default %q is neither on nor off", r.id, r.off)
		}
		if r.scope != "object" && r.scope != "universe" {
			t.Errorf("%s: unknown scope %q", r.id, r.scope)
		}
	}
}

func TestRulesFollowCatalogue(t *testing.T) {
	rows := readRows(t)
	seen := map[string]bool{}
	for _, f := range All() {
		for _, r := range f.Rules {
			if seen[r.ID] {
				t.Errorf("%s: two rules", r.ID)
			}
			seen[r.ID] = true
			row, ok := rows[r.ID]
			if !ok {
				t.Errorf("%s: no row in catalogue.csv", r.ID)
				continue
			}
			if row.family != f.Name {
				t.Errorf("%s: in folder %s, the catalogue says %s", r.ID, f.Name, row.family)
			}
			if row.severity != r.Severity.String() {
				t.Errorf("%s: severity %s, the catalogue says %s", r.ID, r.Severity, row.severity)
			}
			if (row.off == "off") != r.Off {
				t.Errorf("%s: off is %t, the catalogue's default is %s", r.ID, r.Off, row.off)
			}
			// An object's rule may look others up, so only the reverse is a
			// fault: a rule that sees one object cannot judge a universe.
			if row.scope == "universe" && r.Universe == nil {
				t.Errorf("%s: the catalogue says universe, the rule sees single objects", r.ID)
			}
			checkLiteral(t, r)
		}
	}
	for _, row := range rows {
		if !seen[row.id] {
			t.Errorf("%s: in the catalogue, but no rule", row.id)
		}
	}
}

// checkLiteral checks what the compiler cannot: that a rule is whole.
func checkLiteral(t *testing.T, r *rule.Rule) {
	t.Helper()
	funcs := 0
	for _, set := range []bool{r.Object != nil, r.Pod != nil, r.Container != nil, r.Universe != nil} {
		if set {
			funcs++
		}
	}
	if funcs != 1 {
		t.Errorf("%s: has %d of Object, Pod, Container and Universe, wants one", r.ID, funcs)
	}
	if (r.Object != nil) != (r.On != nil) {
		t.Errorf("%s: On goes with Object", r.ID)
	}
	for name, text := range map[string]string{"Title": r.Title, "Why": r.Why, "Fix": r.Fix, "Since": r.Since} {
		if text == "" || text != strings.TrimSpace(text) {
			t.Errorf("%s: %s is empty or padded", r.ID, name)
		}
	}
	if strings.HasSuffix(r.Title, ".") || strings.HasSuffix(r.Fix, ".") {
		t.Errorf("%s: Title and Fix end without a full stop", r.ID)
	}
	if len(r.Refs) == 0 {
		t.Errorf("%s: no reference", r.ID)
	}
	for _, ref := range r.Refs {
		if !strings.HasPrefix(ref, "https://") {
			t.Errorf("%s: reference %q is no https address", r.ID, ref)
		}
	}
	if r.Params != nil && r.Params() == r.Params() {
		t.Errorf("%s: Params returns one pointer twice; configurations would share it", r.ID)
	}
}
