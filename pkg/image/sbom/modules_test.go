package sbom

import (
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// TestPinnedModules keeps the modules whose versions matter here.
func TestPinnedModules(t *testing.T) {
	for mod, rule := range map[string]struct{ min, max, why string }{
		"github.com/diskfs/go-diskfs":     {"", "v1.7.0", "osv-scalibr does not compile with 1.8 and later, whose API differs"},
		"github.com/nwaples/rardecode/v2": {"v2.2.0", "", "older ones have advisories"},
		"github.com/ulikunitz/xz":         {"v0.5.15", "", "older ones have advisories"},
	} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", mod).Output()
		if err != nil {
			t.Skipf("go list: %v", err)
		}
		v := strings.TrimSpace(string(out))
		if rule.min != "" && semver.Compare(v, rule.min) < 0 || rule.max != "" && semver.Compare(v, rule.max) > 0 {
			t.Errorf("%s %s: want %s…%s: %s", mod, v, rule.min, rule.max, rule.why)
		}
	}
	// The root package would link every extractor, detector and a cloud client.
	out, err := exec.Command("go", "list", "-deps", "github.com/kustoms-dev/kustoms/cmd/kustoms").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	for _, p := range strings.Fields(string(out)) {
		switch p {
		case "github.com/google/osv-scalibr", "github.com/google/osv-scalibr/extractor/filesystem/list", "github.com/google/osv-scalibr/enricher/vulnmatch/osvlocal":
			t.Errorf("%s is linked", p)
		}
	}
}
