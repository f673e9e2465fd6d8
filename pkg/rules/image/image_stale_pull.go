package image

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageStalePull reports moving tags that nodes do not pull again.
var ImageStalePull = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-stale-pull", Severity: result.Low, Since: "0.1",
		Title: "Moving tag is not pulled again",
		Why: `A node that already has an image under the moving tag keeps it, and a node
that has none pulls what the tag means today. Pods of one workload then run
different code, and no rollout brings them together.`,
		Fix:  "name a released version or a digest, or set imagePullPolicy: Always",
		Want: "Always",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy",
		},
	},
	Params: func() any { return &MutableTagParams{Tags: movingTags()} },
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		tags := p.Params.(*MutableTagParams).Tags
		for _, img := range pulls(pod) {
			ref, _ := img.Reference()
			if ref.Digest != "" || ref.Tag != "" && !slices.Contains(tags, ref.Tag) {
				continue
			}
			if policy := img.effective(); policy == "IfNotPresent" || policy == "Never" {
				p.Report(img.policy, "%s moves and its pull policy is %s: nodes may run different contents", subject(img.Image), policy)
			}
		}
	},
}
