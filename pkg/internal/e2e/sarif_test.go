package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// validSARIF runs the multitool that scripts/check-reports installs, with
// GitHub's rules.
func validSARIF(t *testing.T, file string) {
	t.Helper()
	tools := os.Getenv("KUSTOMS_REPORT_TOOLS")
	if tools == "" {
		cache, err := os.UserCacheDir()
		check(t, err)
		tools = filepath.Join(cache, "kustoms/report-tools")
	}
	multitool := filepath.Join(tools, "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
	if _, err := os.Stat(multitool); err != nil {
		lacks(t, "the SARIF multitool", "scripts/check-reports --install")
	}
	out := filepath.Join(t.TempDir(), "result.json")
	cmd := exec.Command(multitool, "validate", file, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", out, "--log", "ForceOverwrite")
	// It looks up the rules' pages, and waits long where nothing answers.
	cmd.Env = append(os.Environ(), "HTTPS_PROXY=http://127.0.0.1:9", "HTTP_PROXY=http://127.0.0.1:9")
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	var log struct {
		Runs []struct {
			Results []struct{ RuleID, Level string }
		}
	}
	check(t, json.Unmarshal(bytes.TrimPrefix([]byte(get(t, out)), []byte("\ufeff")), &log))
	if len(log.Runs) != 1 {
		t.Fatalf("the multitool made %d runs", len(log.Runs))
	}
	for _, r := range log.Runs[0].Results {
		if r.Level != "note" {
			t.Errorf("SARIF: %s %s", r.Level, r.RuleID)
		}
	}
}
