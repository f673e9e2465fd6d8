package sbom

import (
	"archive/tar"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

func TestContents(t *testing.T) {
	var layers []*Layer
	for _, files := range [][]imagetest.File{
		{
			{Name: "bin/busybox", Body: "x", Mode: 0o755}, {Name: "bin/sh", Type: tar.TypeSymlink, Link: "/bin/busybox"},
			{Name: "sbin/apk", Body: "x", Mode: 0o755}, {Name: "usr/bin/passwd", Body: "x", Mode: 0o4755}, {Name: "usr/bin/wall", Body: "x", Mode: 0o2755},
			{Name: "usr/bin/chage", Body: "x", Mode: 0o2755}, {Name: "opt/data", Body: "x", Mode: 0o4644}, {Name: "opt/bash", Body: "x", Mode: 0o755},
			{Name: "usr/bin/twice", Body: "x", Mode: 0o4755}, {Name: "usr/bin/twice", Body: "x", Mode: 0o755},
			{Name: "tmp", Type: tar.TypeDir, Mode: 0o2777},
		},
		// The bits go, the package manager goes, a shell comes.
		{{Name: "usr/bin/passwd", Body: "x", Mode: 0o755}, {Name: "sbin/.wh.apk"}, {Name: "usr/local/bin/bash", Body: "x", Mode: 0o755}},
	} {
		l, err := ReadLayer(t.Context(), imagetest.Opener(imagetest.Tar(t, files...)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, l)
	}
	want := &image.Contents{Shells: []string{"/bin/busybox", "/bin/sh", "/usr/local/bin/bash"}, Setuid: []string{"/usr/bin/chage", "/usr/bin/wall"}}
	if d := cmp.Diff(want, Merge(layers).Contents); d != "" {
		t.Error(d)
	}
	if got := Merge(layers[:1]).Contents.PackageManagers; len(got) != 1 || got[0] != "/sbin/apk" {
		t.Errorf("below: %v", got)
	}
}
