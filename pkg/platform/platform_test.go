package platform

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// event is what GitHub says of two events.
func event(name string) ([]byte, error) {
	data, ok := map[string]string{"queue.json": `{"merge_group": {"base_sha": "beef"}}`, "push.json": `{"ref": "refs/heads/main"}`}[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(data), nil
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Platforms() {
		if seen[p.Name] || p.Marker != "" && seen[p.Marker] {
			t.Errorf("%s: not the only one of its name or marker", p.Name)
		}
		seen[p.Name], seen[p.Marker] = true, true
		if (p.Index == "") != (p.Total == "") || (p.Ref == "") != (p.Commit == "") || len(p.Change) == 0 && len(p.Target)+len(p.Tip)+len(p.Base) > 0 {
			t.Errorf("%s: half a statement", p.Name)
		}
	}
	if _, _, err := Detect("nosuch", env(nil)); err == nil {
		t.Error("an unknown name is no error")
	}
}

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		vars map[string]string
		want map[string]string // flag → value, reports left out
	}{
		"gitlab": {
			map[string]string{"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "c0ffee", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
			map[string]string{"base-commit": "c0ffee", "policy-from": "origin/main"},
		},
		"gitlab merged": {
			map[string]string{"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "beef", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "c0ffee"},
			map[string]string{"base-commit": "beef", "policy-from": "beef"},
		},
		"github": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"},
			map[string]string{"base": "origin/main", "policy-from": "origin/main"},
		},
		"github merged": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "c0ffee"},
			map[string]string{"base-commit": "tip", "policy-from": "tip"},
		},
		"github of another commit": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "beef"},
			map[string]string{"base": "origin/main", "policy-from": "origin/main"},
		},
		"github pull_request_target": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "c0ffee"},
			map[string]string{"base": "origin/main", "policy-from": "origin/main"},
		},
		"github queue": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "queue.json"},
			map[string]string{"base-commit": "beef", "policy-from": "beef"},
		},
		"github push": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "push.json"},
			map[string]string{"base": ""},
		},
		"azure": {
			map[string]string{"TF_BUILD": "True", "SYSTEM_PULLREQUEST_PULLREQUESTID": "7", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/rel/1"},
			map[string]string{"base": "origin/rel/1", "policy-from": "origin/rel/1"},
		},
		"bitbucket": {
			map[string]string{"BITBUCKET_BUILD_NUMBER": "3", "BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
			map[string]string{"base": "origin/main", "policy-from": "origin/main"},
		},
		"jenkins": {
			map[string]string{"JENKINS_URL": "https://ci.example.com", "CHANGE_ID": "7", "CHANGE_TARGET": "main"},
			map[string]string{"base": "origin/main", "policy-from": "origin/main"},
		},
		"circleci": {map[string]string{"CIRCLECI": "true"}, map[string]string{"base": ""}},
		"plain":    {nil, map[string]string{"base": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := Detect("", env(c.vars))
			if want, _, _ := strings.Cut(name, " "); err != nil || p.Name != want {
				t.Fatalf("detected %q, %v", p.Name, err)
			}
			got := map[string]string{}
			for _, d := range p.Decide("out", &World{Getenv: env(c.vars), ReadFile: event, Head: "c0ffee", Parents: []string{"tip", "change"}}) {
				if d.Reason == "" {
					t.Errorf("--%s %s: no reason", d.Flag, d.Value)
				}
				if d.Flag != "report" {
					got[d.Flag] = d.Value
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestShard(t *testing.T) {
	for _, c := range []struct {
		platform, index, total, want string
		fails                        bool
	}{
		{"gitlab", "2", "3", "2/3", false},
		{"gitlab", "", "1", "", false},
		{"gitlab", "0", "3", "", true},
		{"circleci", "2", "3", "3/3", false},
		{"circleci", "3", "3", "", true},
		{"jenkins", "1", "2", "", true},
	} {
		p, _, err := Detect(c.platform, env(nil))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := p.Shard(env(map[string]string{p.Index: c.index, p.Total: c.total}))
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s %s of %s: %q, %v", c.platform, c.index, c.total, got, err)
		}
	}
}
