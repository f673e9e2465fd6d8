package kustomize

import "testing"

func TestParseRepository(t *testing.T) {
	for _, tc := range []struct{ ref, repository, revision, dir string }{
		{"https://github.com/org/repo//deploy/prod?ref=v1", "https://github.com/org/repo", "v1", "deploy/prod"},
		{"github.com/org/repo/deploy?version=v2&ref=v1", "https://github.com/org/repo", "v1", "deploy"},
		{"https://github.com/org/repo", "https://github.com/org/repo", "", "."},
		{"git::https://gitlab.example.com/a/b/c.git/deploy?ref=main&timeout=90s", "https://gitlab.example.com/a/b/c.git", "main", "deploy"},
		{"https://gitlab.example.com/a/b/c//deploy", "https://gitlab.example.com/a/b/c", "", "deploy"},
		{"http://127.0.0.1:80/o/r?submodules=0", "http://127.0.0.1:80/o/r", "", "."},
		{"https://dev.azure.com/org/p/_git/r/deploy", "https://dev.azure.com/org/p/_git/r", "", "deploy"},
		{"https://github.com/org/repo//../../x", "", "", ""},
		{"https://github.com/org", "", "", ""},
		{"https://user@github.com/org/repo", "", "", ""},
		{"https:///org/repo", "", "", ""},
		{"ssh://git@github.com/org/repo", "", "", ""},
		{"git@github.com:org/repo", "", "", ""},
		{"github.com:org/repo", "", "", ""},
		{"file:///etc", "", "", ""},
	} {
		tree, dir, err := parseRepository(tc.ref)
		if tc.repository == "" {
			if err == nil {
				t.Errorf("%s gives %v %s, want an error", tc.ref, tree, dir)
			}
			continue
		}
		if err != nil || tree.Repository != tc.repository || tree.Revision != tc.revision || dir != tc.dir {
			t.Errorf("%s gives %v %q (%v)", tc.ref, tree, dir, err)
		}
	}
}

func TestRelativePath(t *testing.T) {
	for _, tc := range [][3]string{
		{".", "a/b", "a/b"}, {"a", "a/b", "b"}, {"a/c", "a/b", "../b"}, {"a/c", "b", "../../b"}, {"a/b", "a/b", "."}, {"ab", "a", "../a"},
	} {
		if got := relative(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%s from %s is %s, want %s", tc[1], tc[0], got, tc[2])
		}
	}
}
