package reliability

import (
	"strconv"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CronJobDeadlineMissing reports cron jobs whose runs pile up or start long
// after their time.
var CronJobDeadlineMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "cron-job-deadline-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Cron job has no starting deadline",
		Why: `Without startingDeadlineSeconds a run that was missed starts whenever the
controller is back, and after 100 missed runs none starts any more. Runs every
few minutes that may overlap pile up once one hangs.`,
		Fix: "set spec.startingDeadlineSeconds, and concurrencyPolicy Forbid or Replace for short intervals",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline",
		},
	},
	On: rule.Kinds("batch", "CronJob"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("spec", "startingDeadlineSeconds"); !at.Exists() {
			p.Report(at, "%s has no starting deadline: a missed run starts at any later time", o)
		}
		at := o.At("spec", "concurrencyPolicy")
		schedule := o.At("spec", "schedule").Str()
		if v := at.Str(); (v == "" || v == "Allow") && interval(schedule) < 5 {
			p.Report(at, "%s starts %q and lets runs overlap: they pile up once one hangs", o, schedule)
		}
	},
}

// interval is the shortest time between two minutes of an hour at which the
// schedule starts, in minutes; 60 for what it cannot read.
func interval(schedule string) int {
	if d, err := time.ParseDuration(strings.TrimPrefix(schedule, "@every ")); err == nil {
		return int(d.Minutes())
	}
	fields := strings.Fields(schedule)
	if len(fields) > 0 && strings.Contains(fields[0], "TZ=") {
		fields = fields[1:]
	}
	if len(fields) != 5 {
		return 60
	}
	var starts [60]bool
	for _, part := range strings.Split(fields[0], ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		low, high, ranged := strings.Cut(span, "-")
		first, err := strconv.Atoi(low)
		last := first
		if span == "*" || span == "?" {
			first, last, err = 0, 59, nil
		} else if ranged {
			last, _ = strconv.Atoi(high)
		} else if stepped {
			last = 59
		}
		step := 1
		if stepped {
			step, _ = strconv.Atoi(stepText)
		}
		if err != nil || step < 1 {
			return 60
		}
		for m := max(first, 0); m <= min(last, 59); m += step {
			starts[m] = true
		}
	}
	shortest, previous := 60, -60
	for m, on := range starts {
		if on {
			shortest = min(shortest, m-previous)
			previous = m
		}
	}
	return shortest
}
