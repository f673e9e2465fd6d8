package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cli"
)

// TestShards scans the examples, and the corpus where there is one, whole and
// in shares, and compares the reports byte for byte.
func TestShards(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root, "examples", "*", "expect.txt"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no examples (%v)", err)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	if corpus := os.Getenv("KUSTOMS_CORPUS"); corpus != "" {
		for _, part := range []string{"charts", "overlays", "gitops", "manifests"} {
			dirs = append(dirs, filepath.Join(corpus, part))
		}
	} else {
		t.Log("the corpus is left out: KUSTOMS_CORPUS names none")
	}
	for _, dir := range dirs {
		for _, n := range []int{2, 5} {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(dir), n), func(t *testing.T) {
				tmp := t.TempDir()
				run := func(args ...string) []byte {
					var out, errs bytes.Buffer
					if code := cli.Main(t.Context(), append([]string{"kustoms"}, args...), strings.NewReader(""), &out, &errs); code != 0 {
						t.Fatalf("%v ended with %d: %s", args, code, &errs)
					}
					return out.Bytes()
				}
				whole := run("scan", dir, "--root", dir, "--report", "json=-", "--exit-zero")
				merge := []string{"report", "--root", dir, "--report", "json=-"}
				for i := n; i > 0; i-- {
					file := filepath.Join(tmp, fmt.Sprint(i))
					run("scan", dir, "--root", dir, "--shard", fmt.Sprintf("%d/%d", i, n), "--report", "json="+file)
					merge = append(merge, file)
				}
				if joined := run(merge...); !bytes.Equal(joined, whole) {
					t.Errorf("%d shards give another report than one run", n)
				}
			})
		}
	}
}
