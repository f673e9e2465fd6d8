// Package platform knows CI systems by the variables that they set, and what
// each wants of a scan. It is one table; whoever calls decides what to do with
// what it says, and gives it the environment.
package platform

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Platform is a CI system. A field that names a variable is "" where the system
// has none for it.
type Platform struct {
	Name, Title string
	// Marker is the variable that only this system sets.
	Marker string
	// Reports are what the system, or people on it, read.
	Reports []Report
	// Change is set in pipelines of a change that asks to be merged, Target is
	// then the target branch. Tip is the commit of the target that the change
	// is merged with in the checkout, and Base the one where the two part.
	Change, Target, Tip, Base variables
	// Ref names refs/pull/N/merge where Commit, the one that the pipeline is
	// of, merges the change with its target: its first parent is the tip.
	Ref, Commit string
	// Index and Total number the jobs that are one job, several times; the
	// first has the number First.
	Index, Total string
	First        int
}

// variables are names, of which the first that is set counts. NAME:a.b is what
// stands at a.b in the JSON file that NAME names.
type variables []string

// Report is one format and its file, below the directory of reports; "-" is the
// standard output, and $NAME the file that a variable names.
type Report struct{ Format, File, For string }

// What every system's people read.
var (
	lossless = Report{"json", "kustoms.json", "kustoms gate, report and diff read it"}
	page     = Report{"html", "kustoms.html", "for a browser, as an artifact"}
)

// Platforms is the table, in the order in which it is asked.
func Platforms() []Platform {
	return []Platform{
		{
			Name: "gitlab", Title: "GitLab CI", Marker: "GITLAB_CI",
			Reports: []Report{
				lossless, page,
				{"junit", "kustoms.xml", "artifacts:reports:junit, the tests of the merge request"},
				{"gitlab-codequality", "gl-code-quality-report.json", "artifacts:reports:codequality, every tier"},
				{"sarif", "kustoms.sarif", "artifacts:reports:sarif, Ultimate since 18.11"},
				{"gitlab-sast", "gl-sast-report.json", "artifacts:reports:sast"},
				{"gitlab-secret-detection", "gl-secret-detection-report.json", "artifacts:reports:secret_detection"},
			},
			Change: variables{"CI_MERGE_REQUEST_IID"}, Target: variables{"CI_MERGE_REQUEST_TARGET_BRANCH_NAME"},
			Tip:   variables{"CI_MERGE_REQUEST_TARGET_BRANCH_SHA"},
			Base:  variables{"CI_MERGE_REQUEST_DIFF_BASE_SHA"},
			Index: "CI_NODE_INDEX", Total: "CI_NODE_TOTAL", First: 1,
		},
		{
			Name: "github", Title: "GitHub Actions", Marker: "GITHUB_ACTIONS",
			Reports: []Report{
				lossless, page,
				{"sarif", "kustoms.sarif", "github/codeql-action/upload-sarif"},
				{"text", "-", "the log"}, // which the next would replace
				{"github-annotations", "-", "the runner reads them from the log"},
				{"github-summary", "$GITHUB_STEP_SUMMARY", "the page of the run"},
			},
			// A merge queue tells what it merges into by the event alone.
			Change: variables{"GITHUB_BASE_REF", "GITHUB_EVENT_PATH:merge_group.base_sha"},
			Target: variables{"GITHUB_BASE_REF"},
			Tip:    variables{"GITHUB_EVENT_PATH:merge_group.base_sha"},
			Ref:    "GITHUB_REF", Commit: "GITHUB_SHA",
		},
		{
			Name: "azure", Title: "Azure Pipelines", Marker: "TF_BUILD",
			Reports: []Report{
				lossless, page,
				{"junit-strict", "kustoms.xml", "PublishTestResults@2"},
				{"sarif", "kustoms.sarif", "published as CodeAnalysisLogs, the tab Scans"},
			},
			Change: variables{"SYSTEM_PULLREQUEST_PULLREQUESTID"}, Target: variables{"SYSTEM_PULLREQUEST_TARGETBRANCH"},
			Ref: "BUILD_SOURCEBRANCH", Commit: "BUILD_SOURCEVERSION",
			Index: "SYSTEM_JOBPOSITIONINPHASE", Total: "SYSTEM_TOTALJOBSINPHASE", First: 1,
		},
		{
			Name: "bitbucket", Title: "Bitbucket Pipelines", Marker: "BITBUCKET_BUILD_NUMBER",
			Reports: []Report{
				lossless, page,
				{"junit-strict", "test-results/kustoms.xml", "Bitbucket finds it by the folder's name"},
			},
			Change: variables{"BITBUCKET_PR_ID"}, Target: variables{"BITBUCKET_PR_DESTINATION_BRANCH"},
			Index: "BITBUCKET_PARALLEL_STEP", Total: "BITBUCKET_PARALLEL_STEP_COUNT", First: 0,
		},
		{
			Name: "circleci", Title: "CircleCI", Marker: "CIRCLECI",
			Reports: []Report{
				lossless, page,
				{"junit-strict", "junit/kustoms.xml", "store_test_results"},
			},
			Index: "CIRCLE_NODE_INDEX", Total: "CIRCLE_NODE_TOTAL", First: 0,
		},
		{
			Name: "jenkins", Title: "Jenkins", Marker: "JENKINS_URL",
			Reports: []Report{
				lossless, page,
				{"junit-strict", "kustoms.xml", "the step junit"},
				{"sarif", "kustoms.sarif", "recordIssues(tool: sarif())"},
			},
			Change: variables{"CHANGE_ID"}, Target: variables{"CHANGE_TARGET"},
		},
		// Tekton sets no variable by which it could be known.
		{Name: "tekton", Title: "Tekton", Reports: []Report{lossless, page, {"sarif", "kustoms.sarif", "for what reads it later"}, {"junit", "kustoms.xml", "for what reads it later"}}},
		{Name: "plain", Title: "no CI system that is known", Reports: []Report{lossless, page, {"sarif", "kustoms.sarif", "for what reads it later"}, {"junit", "kustoms.xml", "for what reads it later"}}},
	}
}

// Names lists the platforms.
func Names() []string {
	var out []string
	for _, p := range Platforms() {
		out = append(out, p.Name)
	}
	return out
}

// Detect finds the platform by its name or, if that is "", by its variable; why
// says how. The error names a platform that is unknown.
func Detect(name string, getenv func(string) string) (p Platform, why string, err error) {
	all := Platforms()
	if name != "" {
		i := slices.IndexFunc(all, func(p Platform) bool { return p.Name == name })
		if i < 0 {
			return p, "", fmt.Errorf("unknown platform %q: want one of %s", name, strings.Join(Names(), ", "))
		}
		return all[i], "named by --ci-platform", nil
	}
	for _, p := range all {
		if p.Marker != "" && getenv(p.Marker) != "" {
			return p, p.Marker + " is set", nil
		}
	}
	return all[len(all)-1], "no platform's variable is set", nil
}

// Decision is a flag that the platform answers, with the reason. Value is ""
// where it has no answer, and the reason says what would give one.
type Decision struct{ Flag, Value, Reason string }

// Decide answers the flags of a scan. dir is where reports go, slash-separated.
func (p *Platform) Decide(dir string, w *World) []Decision {
	var out []Decision
	add := func(flag, value, reason string) { out = append(out, Decision{flag, value, reason}) }
	for _, r := range p.Reports {
		file := r.File
		if name, ok := strings.CutPrefix(file, "$"); ok {
			if file = w.Getenv(name); file == "" {
				continue
			}
		} else if file != "-" {
			file = path.Join(dir, file)
		}
		add("report", r.Format+"="+file, r.For)
	}
	if len(p.Change) == 0 {
		add("base", "", p.Title+" does not say what a change is compared with: all findings count, or set --base")
		return out
	}
	if _, change := w.first(p.Change); change == "" {
		add("base", "", p.Change[0]+" is not set: no change that asks to be merged, so all findings count")
		return out
	}
	const fails, accepts = ": only findings that the change brings fail", ": a change does not accept its own findings"
	targetBy, target := w.first(p.Target)
	target = strings.TrimPrefix(target, "refs/heads/")
	tipBy, tip := w.first(p.Tip)
	if tip == "" && p.merges(w) {
		tipBy, tip = p.Commit+" merges the change with this", w.Parents[0]
	}
	baseBy, base := w.first(p.Base)
	switch {
	case tip != "":
		add("base-commit", tip, tipBy+fails)
		add("policy-from", tip, tipBy+accepts)
		return out
	case base != "":
		add("base-commit", base, baseBy+fails)
	case target != "":
		add("base", "origin/"+target, targetBy+fails)
	}
	if target != "" {
		add("policy-from", "origin/"+target, targetBy+accepts)
	}
	return out
}

// merges reports whether the checkout is the platform's own merge of a change
// with its target, and not another commit that the pipeline took instead.
func (p *Platform) merges(w *World) bool {
	return p.Ref != "" && strings.HasPrefix(w.Getenv(p.Ref), "refs/pull/") && w.Head != "" && w.Head == w.Getenv(p.Commit) && len(w.Parents) == 2
}

// Shard is the share I/N of this job, "" if it is the only one. The error says
// why there is no answer.
func (p *Platform) Shard(getenv func(string) string) (share, why string, err error) {
	if p.Index == "" {
		return "", "", fmt.Errorf("%s does not number parallel jobs: write --shard I/N", p.Title)
	}
	index, total := getenv(p.Index), getenv(p.Total)
	if total == "" || total == "1" {
		return "", "the only job of its kind: " + p.Total, nil
	}
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(total)
	if err1 != nil || err2 != nil || i < p.First || i-p.First >= n {
		return "", "", fmt.Errorf("%s=%q and %s=%q are no share", p.Index, index, p.Total, total)
	}
	return fmt.Sprintf("%d/%d", i-p.First+1, n), p.Index + " and " + p.Total, nil
}
