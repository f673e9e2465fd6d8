package sbom

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// BenchmarkLayer reads KUSTOMS_BENCH_LAYER, a layer compressed by gzip, and
// gives its time as a ratio to `gunzip | tar` over the same file.
func BenchmarkLayer(b *testing.B) {
	file := os.Getenv("KUSTOMS_BENCH_LAYER")
	if file == "" {
		b.Skip("KUSTOMS_BENCH_LAYER names no layer")
	}
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		if out, err := exec.Command("sh", "-c", `gunzip -c "$1" | tar tf - >/dev/null`, "sh", file).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		theirs += time.Since(start)
		start = time.Now()
		_, err := ReadLayer(context.Background(), func() (io.ReadCloser, error) {
			f, err := os.Open(file)
			if err != nil {
				return nil, err
			}
			return gzip.NewReader(f)
		}, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "of-gunzip-tar")
	b.ReportMetric(float64(theirs)/float64(b.N)/1e6, "gunzip-tar-ms")
}
