package manifest

import "iter"

// podTemplates are the paths at which objects embed a pod template, most
// common first. A path counts only where a list of containers stands below it,
// so custom resources are found by shape.
var podTemplates = [...][]any{
	{"spec", "template"},                             // Deployment and kin, Argo Rollout, Knative Service
	{"spec", "jobTemplate", "spec", "template"},      // CronJob
	{"spec", "jobTargetRef", "template"},             // KEDA ScaledJob
	{"template"},                                     // PodTemplate
	{"spec", "workloadTemplate", "spec", "template"}, // OpenKruise
	// OpenKruise's AdvancedCronJob and UnitedDeployment choose one of several.
	{"spec", "template", "jobTemplate", "spec", "template"},
	{"spec", "template", "broadcastJobTemplate", "spec", "template"},
	{"spec", "template", "statefulSetTemplate", "spec", "template"},
	{"spec", "template", "advancedStatefulSetTemplate", "spec", "template"},
	{"spec", "template", "cloneSetTemplate", "spec", "template"},
	{"spec", "template", "deploymentTemplate", "spec", "template"},
}

// ContainerKind is the list that a container stands in.
type ContainerKind string

// The kinds of container.
const (
	Main      ContainerKind = "containers"
	Init      ContainerKind = "initContainers"
	Ephemeral ContainerKind = "ephemeralContainers"
)

// Container is one container of a pod template.
type Container struct {
	Place
	Name string
	Kind ContainerKind
}

// Pod is the pod template that an object embeds, or the pod that it is.
type Pod struct {
	Object *Object
	// Template holds metadata and spec: the object itself for a Pod.
	Template Place
	Spec     Place
}

// workloads are the built-in kinds that always embed a pod template, even one
// without containers.
var workloads = map[string]bool{
	"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true,
	"ReplicationController": true, "Job": true, "CronJob": true, "PodTemplate": true, "DeploymentConfig": true,
}

// Pod is the object's pod template; ok is false if it has none.
func (o *Object) Pod() (pod Pod, ok bool) {
	if o.pod == nil {
		return Pod{}, false
	}
	return *o.pod, true
}

// findPod looks for the pod template by shape.
func (o *Object) findPod() *Pod {
	if o.Is("", "Pod") {
		return &Pod{o, o.Root(), o.At("spec")}
	}
	for _, path := range podTemplates {
		t := o.At(path...)
		if spec := t.At("spec"); spec.At("containers").IsList() || t.IsMap() && o.builtin() && workloads[o.kind.kind] {
			return &Pod{o, t, spec}
		}
	}
	return nil
}

// builtin reports whether the object is of one of the API groups that carry
// Kubernetes' own workloads, those of old versions and OpenShift's included.
func (o *Object) builtin() bool {
	switch o.kind.group {
	case "", "apps", "batch", "apps.openshift.io":
		return true
	}
	return false
}

// Containers yields the containers of the given kinds, or of all kinds.
func (p Pod) Containers(kinds ...ContainerKind) iter.Seq[Container] {
	if len(kinds) == 0 {
		kinds = []ContainerKind{Init, Main, Ephemeral}
	}
	return func(yield func(Container) bool) {
		for _, k := range kinds {
			for c := range p.Spec.At(string(k)).Items() {
				if !c.IsMap() {
					continue
				}
				if !yield(Container{Place: c, Name: c.At("name").Str(), Kind: k}) {
					return
				}
			}
		}
	}
}

// Inherit is the container's securityContext field at path, or, where the
// container does not set it, the pod's. A null counts as absent.
func (p Pod) Inherit(c Container, path ...any) Place {
	own := c.At("securityContext").At(path...)
	if own.Exists() {
		return own
	}
	if pod := p.Spec.At("securityContext").At(path...); pod.Exists() {
		return pod
	}
	return own
}

// Injected reports whether Istio's injection puts an image in the place of the
// container's "auto", as in its gateways.
func (p Pod) Injected(c Container) bool {
	return c.At("image").Str() == "auto" && p.Annotations().At("inject.istio.io/templates").Exists()
}

// Windows reports whether the pod says that it runs on Windows, which exempts
// it from Linux-only fields.
func (p Pod) Windows() bool { return p.Spec.At("os", "name").Str() == "windows" }

// OwnUsers reports whether the pod has a user namespace of its own, so that its
// user numbers are not those of the node.
func (p Pod) OwnUsers() bool {
	host, ok := p.Spec.At("hostUsers").Bool()
	return ok && !host
}

// Labels and Annotations of the pod template.
func (p Pod) Labels() Place { return p.Template.At("metadata", "labels") }

// Annotations of the pod template.
func (p Pod) Annotations() Place { return p.Template.At("metadata", "annotations") }

// ServiceAccount is the field that names the pod's account, absent if the pod
// runs as the namespace's default; the deprecated alias counts.
func (p Pod) ServiceAccount() Place {
	if sa := p.Spec.At("serviceAccountName"); sa.Str() != "" {
		return sa
	}
	if sa := p.Spec.At("serviceAccount"); sa.Str() != "" {
		return sa
	}
	return p.Spec.At("serviceAccountName")
}

// HostNetwork reports whether the pod shares its node's network.
func (p Pod) HostNetwork() bool { return p.Spec.At("hostNetwork").IsTrue() }
