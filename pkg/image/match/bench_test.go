package match

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// largest is about the number of records of the largest ecosystem in public
// use (npm, with its malicious packages).
const largest = 230_000

// generate writes an archive of n made-up records over n/4 packages.
func generate(tb testing.TB, file string, n int) {
	tb.Helper()
	f, err := os.Create(file)
	if err != nil {
		tb.Fatal(err)
	}
	buf := bufio.NewWriter(f)
	w := zip.NewWriter(buf)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		id := fmt.Sprintf("MAL-%d-%d", 2020+i%7, i)
		e, err := w.Create(id + ".json")
		if err != nil {
			tb.Fatal(err)
		}
		p := r.IntN(n / 4)
		fmt.Fprintf(e, `{"schema_version":"1.7.3","id":%q,"modified":"2026-01-02T03:04:05Z","published":"2025-01-02T03:04:05Z","aliases":["CVE-2026-%d","GHSA-%x"],
"summary":"Made-up fault %d","details":%q,"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"references":[{"type":"WEB","url":"https://example.com/advisories/%d"},{"type":"PACKAGE","url":"https://example.com/p/%d"}],
"affected":[{"package":{"ecosystem":"npm","name":"package-%d"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"%d.%d.0"}]}],"versions":["0.1.0","0.2.0","1.0.0","1.1.0","1.2.0"]}]}`,
			id, i, i, i, fmt.Sprintf("%0900d", r.Uint64()), i, p, p, r.IntN(5), r.IntN(20))
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := buf.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

func build(tb testing.TB, archive, file string) Stats {
	tb.Helper()
	f, err := os.Open(archive)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	stats, err := Build(context.Background(), "npm", f, st.Size(), file, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return stats
}

// TestBuildChild is what BenchmarkBuild runs in a process of its own, whose
// memory it measures.
func TestBuildChild(t *testing.T) {
	dir := os.Getenv("KUSTOMS_BUILD_CHILD")
	if dir == "" {
		t.Skip("a part of BenchmarkBuild")
	}
	build(t, filepath.Join(dir, "all.zip"), filepath.Join(dir, "child.db"))
}

// BenchmarkBuild indexes the largest ecosystem in another process.
func BenchmarkBuild(b *testing.B) {
	dir := b.TempDir()
	generate(b, filepath.Join(dir, "all.zip"), largest)
	var rss int64
	for b.Loop() {
		_ = os.Remove(filepath.Join(dir, "child.db"))
		cmd := exec.Command(os.Args[0], "-test.run", "^TestBuildChild$")
		cmd.Env = append(os.Environ(), "KUSTOMS_BUILD_CHILD="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		rss = max(rss, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	zip, _ := os.Stat(filepath.Join(dir, "all.zip"))
	idx, _ := os.Stat(filepath.Join(dir, "child.db"))
	b.ReportMetric(float64(rss)/1024, "peak-MB")
	b.ReportMetric(float64(zip.Size())/(1<<20), "zip-MB")
	b.ReportMetric(float64(idx.Size())/(1<<20), "index-MB")
}

// BenchmarkMatch looks 500 packages up in the largest ecosystem.
func BenchmarkMatch(b *testing.B) {
	dir := b.TempDir()
	generate(b, filepath.Join(dir, "all.zip"), largest)
	build(b, filepath.Join(dir, "all.zip"), filepath.Join(dir, "x.db"))
	inv := &image.Inventory{}
	for i := range 500 {
		inv.Packages = append(inv.Packages, image.Package{Name: fmt.Sprintf("package-%d", i*97%(largest/4)), Version: "4.15.0", Ecosystem: "npm"})
	}
	hits := 0
	for b.Loop() {
		x, err := Open(filepath.Join(dir, "x.db"))
		if err != nil {
			b.Fatal(err)
		}
		found, err := (&Matcher{Indexes: map[string]*Index{"npm": x}}).Match(context.Background(), inv)
		if err != nil {
			b.Fatal(err)
		}
		hits = len(found.Vulnerabilities)
		x.Close()
	}
	b.ReportMetric(float64(hits), "hits")
}

// TestLargeArchive keeps a tenth of the largest within a tenth of its bounds
// in memory, which does not depend on the machine.
func TestLargeArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("a large archive")
	}
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "all.zip"), largest/10)
	start := time.Now()
	stats := build(t, filepath.Join(dir, "all.zip"), filepath.Join(dir, "x.db"))
	if stats.Records != largest/10 {
		t.Errorf("%+v", stats)
	}
	t.Logf("%d records in %s", stats.Records, time.Since(start))
}
