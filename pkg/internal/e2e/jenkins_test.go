package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var jenkins = filepath.Join(root, "ci-templates", "jenkins")

// groovy runs a script of testdata/jenkins with Debian's Groovy 2.4, the
// language level of Jenkins, and a class path of Maven Central's if there is one.
func groovy(t *testing.T, classpath, script string, args ...string) string {
	t.Helper()
	prog := tool(t, "groovy")
	if classpath != "" {
		args = append([]string{"-cp", classpath, filepath.Join(root, "pkg/internal/e2e/testdata/jenkins", script)}, args...)
	} else {
		args = append([]string{filepath.Join(root, "pkg/internal/e2e/testdata/jenkins", script)}, args...)
	}
	cmd := exec.Command(prog, args...)
	cmd.Env = os.Environ()
	// The Groovy of Debian wants to be told, and no Java newer than 17.
	if home := "/usr/lib/jvm/java-17-openjdk-" + runtime.GOARCH; isDir(home) {
		cmd.Env = append(cmd.Env, "JAVA_HOME="+home)
	}
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

func isDir(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.IsDir()
}

// central is the class path of testdata/jenkins/pom.xml.
func central(t *testing.T) string {
	t.Helper()
	mvn := tool(t, "mvn")
	file := filepath.Join(t.TempDir(), "classpath")
	cmd := exec.Command(mvn, "-q", "-B", "-f", filepath.Join(root, "pkg/internal/e2e/testdata/jenkins/pom.xml"), "dependency:build-classpath", "-Dmdep.outputFile="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		lacks(t, "way to Maven Central", fmt.Sprintf("%v\n%s", err, out))
	}
	return get(t, file)
}

// What Jenkins would refuse to parse is refused here.
func TestJenkinsParse(t *testing.T) {
	files := []string{filepath.Join(jenkins, "Jenkinsfile"), filepath.Join(jenkins, "Jenkinsfile.multibranch")}
	vars, err := filepath.Glob(filepath.Join(jenkins, "vars", "*.groovy"))
	check(t, err)
	files = append(files, vars...)
	for i, block := range blocks(t, "docs/ci/jenkins.md", "groovy") {
		files = append(files, filepath.Join(t.TempDir(), fmt.Sprintf("docs%d.groovy", i)))
		put(t, files[len(files)-1], block)
	}
	out := groovy(t, "", "Parse.groovy", files...)
	if got := strings.Count(out, "parsed "); got != len(files) || got < 7 {
		t.Errorf("%d of %d files parsed:\n%s", got, len(files), out)
	}
}

// workspace makes one with a good target, a bad one and one that does not
// render.
func workspace(t *testing.T) string {
	t.Helper()
	ws := t.TempDir()
	put(t, filepath.Join(ws, "bad/pod.yaml"), pod("bad", true))
	put(t, filepath.Join(ws, "good/pod.yaml"), pod("good", false))
	put(t, filepath.Join(ws, "broken/Chart.yaml"), "apiVersion: v2\nname: broken\nversion: 1.0.0\n")
	put(t, filepath.Join(ws, "broken/templates/x.yaml"), "{{ fail \"no\" }}\n")
	run(t, ws, "git", "init", "-q", "-b", "main")
	return ws
}

// Every path through the step, with the real program behind its sh.
func TestJenkinsStep(t *testing.T) {
	whole(t)
	published := []string{`STEP junit `, `"there":true`, `STEP discoverGitReferenceBuild`, `STEP recordIssues `, `STEP archiveArtifacts `,
		`"kustoms.env","kustoms.html","kustoms.json","kustoms.sarif","kustoms.xml"`, `"constant":true`}
	nothing := []string{"STEP junit", "STEP recordIssues", "STEP archiveArtifacts"}
	for scenario, c := range map[string]struct {
		result string
		want   []string
		not    []string
	}{
		"findings": {"UNSTABLE", append(published, `"failing":1`, `"gate":"failed"`, `"type":"NEW_HIGH","criticality":"UNSTABLE"`), nil},
		"findings+no-junit+no-recordIssues+no-discoverGitReferenceBuild": {"UNSTABLE",
			[]string{"no step junit here", "no step recordIssues here", "no step discoverGitReferenceBuild here", "STEP archiveArtifacts"}, nil},
		"failure":    {"FAILURE", append(published, `"criticality":"FAILURE"`, "STEP error \"kustoms: the gate failed"), nil},
		"success":    {"SUCCESS", append(published, `"qualityGates":[]`), nil},
		"clean":      {"SUCCESS", append(published, `"failing":0`, `"qualityGates":[]`), nil},
		"incomplete": {"FAILURE", append(published, "STEP error \"kustoms: incomplete"), nil},
		"tolerated":  {"UNSTABLE", append(published, "STEP unstable \"kustoms: incomplete"), nil},
		"usage":      {"FAILURE", []string{"ended with 2 and scanned nothing", "terrible"}, nothing},
		"hostile":    {"FAILURE", []string{"ended with 2", "$(touch pwned)"}, nothing},
		"unknown":    {"FAILURE", []string{`unknown argument \"failon\"`}, append(nothing, "STEP sh")},
		"none":       {"FAILURE", []string{"say which kustoms to use"}, append(nothing, "STEP sh")},
		"windows":    {"FAILURE", []string{"use a Linux or macOS agent"}, append(nothing, "STEP sh")},
		"outside":    {"FAILURE", []string{"output is a folder below the workspace"}, append(nothing, "STEP sh")},
		"word":       {"FAILURE", []string{"onFindings is one of"}, append(nothing, "STEP sh")},
		"image":      {"SUCCESS", append(published, "registry.example.com/kustoms:1.0.0-debug", `"id":"part"`), nil},
		"absent":     {"FAILURE", []string{"no program \"/nowhere/kustoms\" on this agent"}, nothing},
		"mirror":     {"SUCCESS", append(published, `STEP withCredentials`, `"credentialsId":"nexus"`, `"variable":"HELM_REGISTRY_CONFIG"`), nil},
		"pull":       {"UNSTABLE", append(published, `"failing":1`, `"known":`, `"kind":"gitUsernamePassword"`), nil},
		"all":        {"UNSTABLE", append(published, `"failing":2`, `"suppressed":0`), nil},
		"revision":   {"UNSTABLE", append(published, `"failing":1`), nil},
		"own":        {"SUCCESS", append(published, `"failing":0`), nil},
		"gates":      {"UNSTABLE", append(published, `"threshold":5,"type":"TOTAL"`), nil},
	} {
		t.Run(scenario, func(t *testing.T) {
			ws := workspace(t)
			templates := jenkins
			switch scenario {
			case "mirror": // the arguments name the place
				put(t, filepath.Join(ws, "mirror"), "")
				check(t, os.Remove(filepath.Join(ws, "mirror")))
				check(t, os.Rename(release(t, "1.2.3"), filepath.Join(ws, "MIRROR")))
			case "pull", "all", "revision", "own": // a clone of one commit, whose target must be fetched
				run(t, ws, "git", "add", "-A")
				run(t, ws, "git", "commit", "-q", "-m", "old")
				run(t, ws, "git", "checkout", "-q", "-b", "change")
				put(t, filepath.Join(ws, "new/pod.yaml"), pod("new", true))
				put(t, filepath.Join(ws, ".kustoms.yaml"), "suppressions:\n- {rule: privileged-container, reason: let me}\n")
				run(t, ws, "git", "add", "-A")
				run(t, ws, "git", "commit", "-q", "-m", "new")
				clone := filepath.Join(t.TempDir(), "clone")
				run(t, ws, "git", "clone", "-q", "--depth=1", "--branch=change", "file://"+ws, clone)
				ws = clone
			}
			out := groovy(t, "", "Step.groovy", templates, kustoms(t), ws, scenario)
			for _, s := range append(c.want, "RESULT "+c.result+"\n") {
				if !strings.Contains(out, s) {
					t.Errorf("nothing printed %q", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(out, s) {
					t.Errorf("%q was printed", s)
				}
			}
			if _, err := os.Stat(filepath.Join(ws, "pwned")); err == nil {
				t.Error("an argument ran")
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// The Jenkinsfiles, and those of the page, through Jenkins' CPS transformation
// with the library loaded as Jenkins does.
func TestJenkinsPipelineUnit(t *testing.T) {
	whole(t)
	cp := central(t)
	files := map[string]string{
		"Jenkinsfile":             get(t, filepath.Join(jenkins, "Jenkinsfile")),
		"Jenkinsfile.multibranch": get(t, filepath.Join(jenkins, "Jenkinsfile.multibranch")),
	}
	for i, block := range blocks(t, "docs/ci/jenkins.md", "groovy") {
		if !strings.HasPrefix(block, "@Library") {
			block = "library('kustoms@v1.0.0')\n" + block
		}
		files[fmt.Sprint("block ", i)] = block
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "Jenkinsfile")
			put(t, file, text)
			out := groovy(t, cp, "Unit.groovy", file, jenkins)
			want := []string{"kustoms.junit(", "kustoms.recordIssues(", "kustoms.archiveArtifacts(", "RESULT UNSTABLE"}
			if name == "Jenkinsfile.multibranch" { // where a change fails
				want = append(want[:3], "kustoms.withCredentials(", "RESULT FAILURE")
			}
			for _, s := range want {
				if !strings.Contains(out, s) {
					t.Errorf("nothing printed %q\n%s", s, out)
				}
			}
		})
	}
}

// The parser of Jenkins' Warnings plug-in reads as many issues as the SARIF
// holds, on the same lines, with the same severities.
func TestWarningsPlugin(t *testing.T) {
	whole(t)
	cp := central(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "kustoms.sarif")
	cmd := exec.Command(kustoms(t), "scan", "--exit-zero", "--quiet", "--report", "sarif="+file, "examples")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID, Level string
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	check(t, json.Unmarshal([]byte(get(t, file)), &log))
	severity := map[string]string{"error": "ERROR", "warning": "WARN", "note": "INFO"}
	wrote := map[string]int{}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		wrote[fmt.Sprintf("%s\t%s\t%d\t%s", r.RuleID, at.ArtifactLocation.URI, at.Region.StartLine, severity[r.Level])]++
	}
	read := map[string]int{}
	total := 0
	for line := range strings.Lines(groovy(t, cp, "Violations.groovy", file)) {
		if line = strings.TrimSpace(line); line != "" {
			read[line]++
			total++
		}
	}
	if total != len(log.Runs[0].Results) || total < 20 {
		t.Errorf("the plug-in reads %d issues of %d", total, len(log.Runs[0].Results))
	}
	for _, k := range slices.Sorted(maps.Keys(wrote)) {
		if read[k] != wrote[k] {
			t.Errorf("wrote %d, reads %d: %s", wrote[k], read[k], k)
		}
	}
	t.Logf("%d issues, %d places", total, len(wrote))
}
