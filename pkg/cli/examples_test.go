package cli_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cli"
	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/report"
)

// root is the top of this repository.
var root = filepath.Join("..", "..")

// TestExamples keeps each example's expect.txt equal to what a scan prints.
func TestExamples(t *testing.T) {
	t.Chdir(root)
	names, err := filepath.Glob("examples/*/expect.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no example has an expect.txt (%v)", err)
	}
	for _, name := range names {
		dir := path.Dir(filepath.ToSlash(name))
		t.Run(path.Base(dir), func(t *testing.T) {
			var out, errs bytes.Buffer
			args := []string{"kustoms", "scan", "--root", ".", dir}
			if code := cli.Main(t.Context(), args, strings.NewReader(""), &out, &errs); code != 1 {
				t.Errorf("exit code %d, want 1: the examples are faulty\n%s", code, errs.String())
			}
			golden.Check(t, name, out.Bytes())
		})
	}
}

// TestReadme keeps the README's table of formats and its sample true.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	for _, f := range report.Formats() {
		if row := "| `" + f.Name + "` | " + f.Help + " |"; !strings.Contains(readme, row) {
			t.Errorf("README.md lacks the row %q of the table of formats", row)
		}
	}
	// The sample is a stretch of the example's report.
	expect, err := os.ReadFile(filepath.Join(root, "examples", "shop", "expect.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, sample, ok := strings.Cut(readme, "```text\n")
	sample, _, closed := strings.Cut(sample, "```")
	if !ok || !closed {
		t.Fatal("README.md shows no sample")
	}
	for part := range strings.SplitSeq(sample, "[…]\n") {
		if part = strings.Trim(part, "\n"); !strings.Contains(string(expect), part) {
			t.Errorf("README.md's sample is not in examples/shop/expect.txt:\n%s", part)
		}
	}
}
