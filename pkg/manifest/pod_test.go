package manifest

import "testing"

// Custom resources that embed a pod template are found by its shape, so that
// every rule on pods sees them.
func TestPodByShape(t *testing.T) {
	const template = "{metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'example.org/web:1'}]}}"
	for name, c := range map[string]struct{ text, spec string }{
		"Pod":                     {"apiVersion: v1\nkind: Pod\nspec: {containers: [{name: web}]}", "spec"},
		"Deployment":              {"apiVersion: apps/v1\nkind: Deployment\nspec: {template: " + template + "}", "spec.template.spec"},
		"ReplicationController":   {"apiVersion: v1\nkind: ReplicationController\nspec: {template: " + template + "}", "spec.template.spec"},
		"PodTemplate":             {"apiVersion: v1\nkind: PodTemplate\ntemplate: " + template, "template.spec"},
		"CronJob":                 {"apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: " + template + "}}}", "spec.jobTemplate.spec.template.spec"},
		"Argo Rollout":            {"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {template: " + template + "}", "spec.template.spec"},
		"Knative Service":         {"apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {template: " + template + "}", "spec.template.spec"},
		"Knative Configuration":   {"apiVersion: serving.knative.dev/v1\nkind: Configuration\nspec: {template: " + template + "}", "spec.template.spec"},
		"KEDA ScaledJob":          {"apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nspec: {jobTargetRef: {template: " + template + "}}", "spec.jobTargetRef.template.spec"},
		"OpenKruise CloneSet":     {"apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nspec: {template: " + template + "}", "spec.template.spec"},
		"OpenKruise BroadcastJob": {"apiVersion: apps.kruise.io/v1alpha1\nkind: BroadcastJob\nspec: {template: " + template + "}", "spec.template.spec"},
		"OpenKruise AdvancedCronJob": {"apiVersion: apps.kruise.io/v1alpha1\nkind: AdvancedCronJob\nspec: {template: {jobTemplate: {spec: {template: " + template + "}}}}",
			"spec.template.jobTemplate.spec.template.spec"},
		"OpenKruise UnitedDeployment": {"apiVersion: apps.kruise.io/v1alpha1\nkind: UnitedDeployment\nspec: {template: {statefulSetTemplate: {spec: {template: " + template + "}}}}",
			"spec.template.statefulSetTemplate.spec.template.spec"},
		"OpenShift DeploymentConfig": {"apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nspec: {template: " + template + "}", "spec.template.spec"},
		"Volcano Job":                {"apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nspec: {tasks: [{name: a, template: " + template + "}]}", ""},
		"no containers":              {"apiVersion: example.org/v1\nkind: Thing\nspec: {template: {spec: {replicas: 1}}}", ""},
	} {
		d := &Document{Text: []byte(c.text)}
		if err := d.Parse(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pod, ok := d.Objects()[0].Pod()
		if ok != (c.spec != "") || ok && pod.Spec.Path() != c.spec {
			t.Errorf("%s: found %t at %q, want %q", name, ok, pod.Spec.Path(), c.spec)
		}
	}
}
