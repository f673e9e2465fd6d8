package schema

import (
	"strings"
	"time"
	_ "time/tzdata" // what a zone is must not depend on the machine

	"github.com/robfig/cron/v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ScheduleInvalid reports schedules that do not parse or never come.
var ScheduleInvalid = &rule.Rule{
	Meta: rule.Meta{
		ID: "schedule-invalid", Severity: result.High, Since: "0.1",
		Title: "Schedule is invalid or never comes",
		Why: `The API server refuses a CronJob whose schedule or time zone it cannot read. A
date that does not exist is accepted, and the job never runs: a backup that
nobody misses until it is needed.`,
		Fix: "write five fields (minute, hour, day, month, weekday) of values that occur, and a zone of the IANA database",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax",
			"https://velero.io/docs/main/api-types/schedule/",
		},
	},
	On: rule.Or(rule.Kinds("batch", "CronJob"), rule.Kinds("velero.io", "Schedule")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("spec", "schedule")
		text := strings.TrimSpace(at.Str())
		switch schedule, err := parse(text); {
		case !at.Exists(): // the schema's business
		case o.Key.Kind == "CronJob" && strings.Contains(text, "TZ="):
			p.Report(at, "%s has a time zone in its schedule: the API server refuses it; spec.timeZone is its place", o)
		case err != nil:
			p.Report(at, "schedule %q of %s does not parse (%v): it never runs", text, o, err)
		case schedule.Next(time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero():
			p.Report(at, "schedule %q of %s names a time that never comes: it never runs", text, o)
		}
		if zone := o.At("spec", "timeZone"); zone.Exists() && !validZone(zone.Str()) {
			p.Report(zone, "time zone %q of %s does not exist: the API server refuses the object", zone.Str(), o)
		}
	},
}

// parse reads a schedule with the controllers' own parser, which panics on
// some malformed zones.
func parse(text string) (s cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			err = errMalformed
		}
	}()
	return cron.ParseStandard(text)
}

type malformed string

func (m malformed) Error() string { return string(m) }

const errMalformed = malformed("malformed")

func validZone(name string) bool {
	if name == "" || strings.EqualFold(name, "local") {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
