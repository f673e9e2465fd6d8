package gitops

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

func TestOrigin(t *testing.T) {
	const remote = "[core]\n\turl = https://example.com/not/a-remote\n[remote \"origin\"]\n\turl = git@Example.com:team/fleet.git\n"
	for _, c := range []struct {
		config string
		told   []string
		url    string
		here   bool
		want   bool
	}{
		{remote, nil, "https://example.com/team/fleet", false, true},
		{remote, nil, "ssh://git@example.com:2222/team/fleet.git/", false, true},
		{remote, nil, "https://token:x@example.com/team/fleet.git", false, true},
		{remote, nil, "https://example.com/fork/fleet", true, true},
		{remote, nil, "https://example.com/fork/fleet", false, false},
		{remote, nil, "https://example.com/team/other", true, false},
		{remote, nil, "https://example.com/not/a-remote", true, false},
		{remote, []string{"https://mirror.example.com/x"}, "https://mirror.example.com/x.git", false, true},
		{remote, []string{"https://mirror.example.com/x"}, "https://example.com/team/fleet", false, true},
		{remote, []string{"https://mirror.example.com/x"}, "https://example.com/fork/fleet", true, false},
		{remote, []string{"oci://example.com/team/fleet-oci"}, "oci://example.com/team/fleet-oci", false, true},
		{remote, nil, "oci://example.com/team/fleet", false, false},
		{"", nil, "https://example.com/any/thing", true, true},
		{"", nil, "https://example.com/any/thing", false, false},
		{"", []string{"https://example.com/a/b"}, "https://example.com/any/thing", true, false},
	} {
		dir := t.TempDir()
		if c.config != "" {
			if err := os.Mkdir(filepath.Join(dir, ".git"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, ".git", "config"), []byte(c.config), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		repo, err := source.OpenRepo(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := newOrigin(repo, c.told).is(c.url, c.here); got != c.want {
			t.Errorf("%q, told %q, here %v: %v, want %v", c.url, c.told, c.here, got, c.want)
		}
		repo.Close()
	}
}
