package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// JobNeverCleaned reports jobs that stay after they are done, and cron jobs
// that clean up twice.
var JobNeverCleaned = &rule.Rule{
	Meta: rule.Meta{
		ID: "job-never-cleaned", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Finished job is never removed",
		Why: `A finished job and its pods stay in the cluster for ever unless a time to live
removes them. Below a CronJob the history limits do that, and a time to live
beside them removes the runs that they would keep.`,
		Fix: "set spec.ttlSecondsAfterFinished on a Job, and remove it from a CronJob's template",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
		},
	},
	On: rule.Kinds("batch", "Job", "CronJob"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Key.Kind == "CronJob" {
			if at := o.At("spec", "jobTemplate", "spec", "ttlSecondsAfterFinished"); at.Exists() {
				p.Report(at, "%s removes finished jobs by time, beside its history limits: whichever is stricter wins", o)
			}
			return
		}
		hooked := o.Annotations().At("helm.sh/hook-delete-policy").Exists() || o.Annotations().At("argocd.argoproj.io/hook-delete-policy").Exists()
		if at := o.At("spec", "ttlSecondsAfterFinished"); !at.Exists() && !hooked && o.At("metadata", "ownerReferences").Len() == 0 {
			p.Report(at, "%s has no time to live: it stays after it is done, with its pods", o)
		}
	},
}
