package schema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The defaults that the API server gives its own kinds, which the published
// schemas leave out. A row is a path and a JSON value; a path ends at the field
// and goes through items ("[]") and what is there. A row for a parent stands
// before those of its fields. testdata/defaults.json, made by Kubernetes' own
// code, holds the table to it.
const podDefaults = `
restartPolicy "Always"
dnsPolicy "ClusterFirst"
schedulerName "default-scheduler"
terminationGracePeriodSeconds 30
securityContext {}
volumes[].hostPath.type ""
volumes[].secret.defaultMode 420
volumes[].configMap.defaultMode 420
volumes[].downwardAPI.defaultMode 420
volumes[].downwardAPI.items[].fieldRef.apiVersion "v1"
volumes[].projected.defaultMode 420
volumes[].projected.sources[].serviceAccountToken.expirationSeconds 3600
volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion "v1"
volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode "Filesystem"
`

const containerDefaults = `
terminationMessagePath "/dev/termination-log"
terminationMessagePolicy "File"
ports[].protocol "TCP"
env[].valueFrom.fieldRef.apiVersion "v1"
lifecycle.postStart.httpGet.path "/"
lifecycle.postStart.httpGet.scheme "HTTP"
lifecycle.preStop.httpGet.path "/"
lifecycle.preStop.httpGet.scheme "HTTP"
`

const probeDefaults = `
timeoutSeconds 1
periodSeconds 10
successThreshold 1
failureThreshold 3
httpGet.path "/"
httpGet.scheme "HTTP"
grpc.service ""
`

// kindDefaults are by apiVersion and kind.
const kindDefaults = `
apps/v1 Deployment spec.replicas 1
apps/v1 Deployment spec.revisionHistoryLimit 10
apps/v1 Deployment spec.progressDeadlineSeconds 600
apps/v1 Deployment spec.strategy {}
apps/v1 Deployment spec.strategy.type "RollingUpdate"
apps/v1 StatefulSet spec.replicas 1
apps/v1 StatefulSet spec.revisionHistoryLimit 10
apps/v1 StatefulSet spec.podManagementPolicy "OrderedReady"
apps/v1 StatefulSet spec.updateStrategy {}
apps/v1 StatefulSet spec.updateStrategy.type "RollingUpdate"
apps/v1 StatefulSet spec.persistentVolumeClaimRetentionPolicy {}
apps/v1 StatefulSet spec.persistentVolumeClaimRetentionPolicy.whenDeleted "Retain"
apps/v1 StatefulSet spec.persistentVolumeClaimRetentionPolicy.whenScaled "Retain"
apps/v1 StatefulSet spec.volumeClaimTemplates[].spec.volumeMode "Filesystem"
apps/v1 StatefulSet spec.volumeClaimTemplates[].status {}
apps/v1 StatefulSet spec.volumeClaimTemplates[].status.phase "Pending"
apps/v1 DaemonSet spec.revisionHistoryLimit 10
apps/v1 DaemonSet spec.updateStrategy {}
apps/v1 DaemonSet spec.updateStrategy.type "RollingUpdate"
apps/v1 ReplicaSet spec.replicas 1
batch/v1 Job spec.backoffLimit 6
batch/v1 Job spec.suspend false
batch/v1 Job spec.manualSelector false
batch/v1 Job spec.completionMode "NonIndexed"
batch/v1 Job spec.podReplacementPolicy "TerminatingOrFailed"
batch/v1 CronJob spec.concurrencyPolicy "Allow"
batch/v1 CronJob spec.suspend false
batch/v1 CronJob spec.successfulJobsHistoryLimit 3
batch/v1 CronJob spec.failedJobsHistoryLimit 1
autoscaling/v2 HorizontalPodAutoscaler spec.minReplicas 1
autoscaling/v1 HorizontalPodAutoscaler spec.minReplicas 1
v1 ReplicationController spec.replicas 1
v1 Service spec.type "ClusterIP"
v1 Service spec.sessionAffinity "None"
v1 Service spec.internalTrafficPolicy "Cluster"
v1 Service spec.ports[].protocol "TCP"
v1 Pod spec.enableServiceLinks true
v1 Secret type "Opaque"
v1 PersistentVolumeClaim spec.volumeMode "Filesystem"
v1 PersistentVolumeClaim status {}
v1 PersistentVolumeClaim status.phase "Pending"
v1 PersistentVolume spec.persistentVolumeReclaimPolicy "Retain"
v1 PersistentVolume spec.volumeMode "Filesystem"
v1 PersistentVolume spec.hostPath.type ""
v1 PersistentVolume status {}
v1 PersistentVolume status.phase "Pending"
v1 Namespace status {}
v1 Namespace status.phase "Active"
networking.k8s.io/v1 NetworkPolicy spec.ingress[].ports[].protocol "TCP"
networking.k8s.io/v1 NetworkPolicy spec.egress[].ports[].protocol "TCP"
scheduling.k8s.io/v1 PriorityClass preemptionPolicy "PreemptLowerPriority"
networking.k8s.io/v1 IngressClass spec.parameters.scope "Cluster"
storage.k8s.io/v1 StorageClass reclaimPolicy "Delete"
storage.k8s.io/v1 StorageClass volumeBindingMode "Immediate"
rbac.authorization.k8s.io/v1 RoleBinding roleRef.apiGroup "rbac.authorization.k8s.io"
rbac.authorization.k8s.io/v1 ClusterRoleBinding roleRef.apiGroup "rbac.authorization.k8s.io"
`

// row is one default.
type row struct {
	path  []string
	value any
}

type defaultTable struct {
	pod, container, probe []row
	kinds                 map[kind][]row
}

var defaultRows = sync.OnceValue(func() *defaultTable {
	t := &defaultTable{pod: parseRows(podDefaults), container: parseRows(containerDefaults), probe: parseRows(probeDefaults), kinds: map[kind][]row{}}
	for line := range strings.Lines(strings.TrimSpace(kindDefaults)) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		k := kind{f[0], f[1]}
		t.kinds[k] = append(t.kinds[k], parseRows(f[2])...)
	}
	return t
})

func parseRows(text string) (out []row) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		path, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, row{strings.Split(path, "."), jsonOf(value)})
	}
	return out
}

// jsonOf reads a value of the table, numbers as an object has them.
func jsonOf(text string) any {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic("schema: a default is no JSON: " + text)
	}
	if f, ok := v.(float64); ok {
		return int64(f)
	}
	return v
}

func fill(object map[string]any, rows []row) {
	for _, r := range rows {
		set(object, r.path, r.value)
	}
}

// set puts the value at the path below what is there.
func set(at map[string]any, path []string, value any) {
	name, items := strings.CutSuffix(path[0], "[]")
	switch {
	case len(path) == 1:
		if at[name] == nil {
			if m, ok := value.(map[string]any); ok && len(m) == 0 {
				value = map[string]any{}
			}
			at[name] = value
		}
	case items:
		for _, m := range mapsOf(at, name) {
			set(m, path[1:], value)
		}
	default:
		if m, ok := at[name].(map[string]any); ok {
			set(m, path[1:], value)
		}
	}
}

// mapsOf are the mappings in a list.
func mapsOf(at map[string]any, name string) (out []map[string]any) {
	list, _ := at[name].([]any)
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func below(at map[string]any, path ...string) map[string]any {
	for _, p := range path {
		at, _ = at[p].(map[string]any)
	}
	return at
}

// podPaths are where the built-in kinds have a pod's spec.
var podPaths = map[string][]string{
	"Pod": {"spec"}, "Deployment": {"spec", "template", "spec"}, "StatefulSet": {"spec", "template", "spec"},
	"DaemonSet": {"spec", "template", "spec"}, "ReplicaSet": {"spec", "template", "spec"}, "ReplicationController": {"spec", "template", "spec"},
	"Job": {"spec", "template", "spec"}, "CronJob": {"spec", "jobTemplate", "spec", "template", "spec"}, "PodTemplate": {"template", "spec"},
}

// defaultBuiltin fills in the defaults of Kubernetes' own kinds.
func defaultBuiltin(apiVersion, name string, object map[string]any) {
	t := defaultRows()
	fill(object, t.kinds[kind{apiVersion, name}])
	spec := below(object, "spec")
	switch apiVersion + " " + name {
	case "apps/v1 Deployment":
		rollingUpdate(spec, "strategy", map[string]any{"maxUnavailable": "25%", "maxSurge": "25%"})
	case "apps/v1 DaemonSet":
		rollingUpdate(spec, "updateStrategy", map[string]any{"maxUnavailable": int64(1), "maxSurge": int64(0)})
	case "apps/v1 StatefulSet":
		rollingUpdate(spec, "updateStrategy", map[string]any{"partition": int64(0), "maxUnavailable": int64(1)})
	case "batch/v1 Job":
		if spec != nil && spec["completions"] == nil && spec["parallelism"] == nil {
			spec["completions"], spec["parallelism"] = int64(1), int64(1)
		} else if spec != nil && spec["parallelism"] == nil {
			spec["parallelism"] = int64(1)
		}
	case "v1 Namespace":
		defaultLabels(object, map[string]any{"kubernetes.io/metadata.name": below(object, "metadata")["name"]}, true)
	case "v1 ReplicationController":
		defaultLabels(object, below(spec, "template", "metadata", "labels"), false)
	case "v1 LimitRange":
		for _, l := range mapsOf(spec, "limits") {
			defaultLimits(l)
		}
	case "v1 Service":
		defaultService(spec)
	case "networking.k8s.io/v1 NetworkPolicy":
		if spec != nil && spec["policyTypes"] == nil {
			types := []any{"Ingress"}
			if list, _ := spec["egress"].([]any); len(list) > 0 {
				types = append(types, "Egress")
			}
			spec["policyTypes"] = types
		}
	case "rbac.authorization.k8s.io/v1 RoleBinding", "rbac.authorization.k8s.io/v1 ClusterRoleBinding":
		for _, s := range mapsOf(object, "subjects") {
			if s["apiGroup"] == nil && (s["kind"] == "User" || s["kind"] == "Group") {
				s["apiGroup"] = "rbac.authorization.k8s.io"
			}
		}
	}
	if path, ok := podPaths[name]; ok && slices.Contains([]string{"v1", "apps/v1", "batch/v1"}, apiVersion) {
		if pod := below(object, path...); pod != nil {
			t.defaultPod(pod, name == "Pod")
		}
	}
}

// rollingUpdate fills in a strategy whose type is the usual one.
func rollingUpdate(spec map[string]any, field string, values map[string]any) {
	strategy := below(spec, field)
	if strategy == nil || strategy["type"] != "RollingUpdate" {
		return
	}
	if strategy["rollingUpdate"] == nil {
		strategy["rollingUpdate"] = map[string]any{}
	}
	for name, v := range values {
		if m := below(strategy, "rollingUpdate"); m != nil && m[name] == nil {
			m[name] = v
		}
	}
}

// defaultLabels adds to an object's labels, or sets them where it has none.
func defaultLabels(object, labels map[string]any, add bool) {
	meta := below(object, "metadata")
	if own := below(meta, "labels"); meta == nil || len(labels) == 0 || len(own) > 0 && !add {
		return
	} else if own == nil {
		meta["labels"] = map[string]any{}
	}
	maps.Copy(below(meta, "labels"), labels)
}

// defaultLimits fills in what a container gets that says nothing: from the
// maximum a limit, from the limit, or else the minimum, a request.
func defaultLimits(limit map[string]any) {
	if limit["type"] != "Container" {
		return
	}
	for _, f := range [][2]string{{"max", "default"}, {"default", "defaultRequest"}, {"min", "defaultRequest"}} {
		for name, v := range below(limit, f[0]) {
			if limit[f[1]] == nil {
				limit[f[1]] = map[string]any{}
			}
			if to := below(limit, f[1]); to != nil && to[name] == nil {
				to[name] = v
			}
		}
	}
}

func defaultService(spec map[string]any) {
	if spec == nil {
		return
	}
	for _, p := range mapsOf(spec, "ports") {
		if p["targetPort"] == nil {
			p["targetPort"] = p["port"]
		}
	}
	switch spec["type"] {
	case "LoadBalancer":
		if spec["allocateLoadBalancerNodePorts"] == nil {
			spec["allocateLoadBalancerNodePorts"] = true
		}
		fallthrough
	case "NodePort":
		if spec["externalTrafficPolicy"] == nil {
			spec["externalTrafficPolicy"] = "Cluster"
		}
	case "ExternalName":
		delete(spec, "internalTrafficPolicy")
	}
	if spec["sessionAffinity"] == "ClientIP" && below(spec, "sessionAffinityConfig", "clientIP")["timeoutSeconds"] == nil {
		spec["sessionAffinityConfig"] = map[string]any{"clientIP": map[string]any{"timeoutSeconds": int64(10800)}}
	}
}

// defaultPod fills in a pod's spec. alone is a pod that no controller makes:
// only its containers' requests follow from their limits.
func (t *defaultTable) defaultPod(pod map[string]any, alone bool) {
	fill(pod, t.pod)
	for _, v := range mapsOf(pod, "volumes") {
		if len(v) == 1 && v["name"] != nil {
			v["emptyDir"] = map[string]any{}
		}
	}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		for _, c := range mapsOf(pod, list) {
			fill(c, t.container)
			if image, _ := c["image"].(string); image != "" && c["imagePullPolicy"] == nil {
				c["imagePullPolicy"] = "IfNotPresent"
				if latest(image) {
					c["imagePullPolicy"] = "Always"
				}
			}
			for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
				if p := below(c, probe); p != nil {
					fill(p, t.probe)
				}
			}
			limits := below(c, "resources", "limits")
			if !alone || list == "ephemeralContainers" || len(limits) == 0 {
				continue
			}
			requests := below(c, "resources", "requests")
			if requests == nil {
				requests = map[string]any{}
				below(c, "resources")["requests"] = requests
			}
			for name, v := range limits {
				if requests[name] == nil {
					requests[name] = v
				}
			}
		}
	}
	if alone && pod["hostNetwork"] == true {
		for _, list := range []string{"containers", "initContainers"} {
			for _, c := range mapsOf(pod, list) {
				for _, p := range mapsOf(c, "ports") {
					if p["hostPort"] == nil {
						p["hostPort"] = p["containerPort"]
					}
				}
			}
		}
	}
}

// latest reports whether an image's tag is latest, or left out.
func latest(image string) bool {
	if strings.Contains(image, "@") {
		return false
	}
	i, slash := strings.LastIndexByte(image, ':'), strings.LastIndexByte(image, '/')
	return i <= slash || image[i+1:] == "latest"
}
