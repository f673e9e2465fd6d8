package report

import "github.com/kustoms-dev/kustoms/pkg/result"

// grade is what each platform calls a severity. docs/severity.md publishes
// this table; a test keeps the two equal.
type grade struct {
	Severity result.Severity
	// Level is SARIF's; Score its security-severity, in the middle of the band
	// that GitHub (over 9.0, 7.0, 4.0, 0.1) and GitLab (90, 70, 40, 10 after
	// multiplying by ten) give the same name.
	Level, Score string
	GitLab       string // security reports
	CodeQuality  string
	Annotation   string // GitHub workflow command
}

func grades() []grade {
	return []grade{
		{result.Critical, "error", "9.5", "Critical", "blocker", "error"},
		{result.High, "error", "8.0", "High", "critical", "error"},
		{result.Medium, "warning", "5.5", "Medium", "major", "warning"},
		{result.Low, "note", "2.5", "Low", "minor", "notice"},
		{result.Info, "note", "0.0", "Info", "info", "notice"},
	}
}

// gradeOf is the row of s; of a severity off the scale, the nearest row.
func gradeOf(s result.Severity) grade {
	g := grades()
	return g[min(max(int(result.Critical-s), 0), len(g)-1)]
}
