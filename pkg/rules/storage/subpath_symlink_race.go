package storage

import (
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SubpathSymlinkRace reports subPath mounts through which old kubelets can be
// led out of the volume.
var SubpathSymlinkRace = &rule.Rule{
	Meta: rule.Meta{
		ID: "subpath-symlink-race", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Subpath mount can be led onto the node",
		Why: `Kubelets before 1.22.2, 1.21.5, 1.20.11 and 1.19.15 (CVE-2021-25741) resolve a
subPath while another container of the pod can swap a folder of the volume for
a symbolic link, and so mount the node's own files. Such versions are long
gone, hence off by default.`,
		Fix: "update the nodes, or let no other container write the volume",
		Refs: []string{
			"https://github.com/kubernetes/kubernetes/issues/104980",
			"https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath",
		},
	},
	Universe: func(p *rule.Pass) {
		if !subpathRaces(p.Index.Version()) {
			return
		}
		for _, pod := range p.Index.Pods() {
			for c := range pod.Containers() {
				for m := range c.At("volumeMounts").Items() {
					at := m.At("subPath")
					if at.Str() == "" {
						at = m.At("subPathExpr")
					}
					if writer := otherWriter(pod, c.Name, m.At("name").Str()); at.Str() != "" && writer != "" {
						p.Report(at, "container %q mounts a subpath of volume %q, which container %q can write: before Kubernetes 1.22.2 a symbolic link there opens the node's files", c.Name, m.At("name").Str(), writer)
					}
				}
			}
		}
	},
}

func subpathRaces(v index.Version) bool {
	switch v.Minor {
	case 22:
		return v.Before(22, 2)
	case 21:
		return v.Before(21, 5)
	case 20:
		return v.Before(20, 11)
	}
	return v.Before(19, 15)
}

// otherWriter names a container other than the given one that can write the
// volume, "" if none can.
func otherWriter(pod manifest.Pod, container, volume string) string {
	for v := range pod.Spec.At("volumes").Items() {
		if v.At("name").Str() != volume {
			continue
		}
		for _, kind := range [...]string{"configMap", "downwardAPI", "projected", "secret", "image"} {
			if v.At(kind).Exists() {
				return "" // nodes mount these read-only
			}
		}
	}
	for _, m := range pod.Mounts(volume) {
		if m.Container.Name != container && !m.ReadOnly() {
			return m.Container.Name
		}
	}
	return ""
}
