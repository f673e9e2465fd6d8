package deprecation

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// superseded are the annotations that a field replaced: since which minor
// version of Kubernetes 1 the field is there, and since which the annotation
// does nothing (0: it is still read). A key that ends in "/" stands for all
// that begin with it. As of mid-2026.
var superseded = []struct {
	key            string
	since, ignored int
	successor      string
}{
	{"seccomp.security.alpha.kubernetes.io/pod", 19, 27, "securityContext.seccompProfile"},
	{"container.seccomp.security.alpha.kubernetes.io/", 19, 27, "securityContext.seccompProfile"},
	{"container.apparmor.security.beta.kubernetes.io/", 30, 0, "securityContext.appArmorProfile"},
	{"security.alpha.kubernetes.io/sysctls", 11, 11, "securityContext.sysctls"},
	{"security.alpha.kubernetes.io/unsafe-sysctls", 11, 11, "securityContext.sysctls"},
	{"scheduler.alpha.kubernetes.io/critical-pod", 11, 16, "priorityClassName"},
	{"scheduler.alpha.kubernetes.io/affinity", 6, 8, "affinity"},
	{"scheduler.alpha.kubernetes.io/tolerations", 6, 8, "tolerations"},
	{"pod.alpha.kubernetes.io/init-containers", 6, 8, "initContainers"},
	{"pod.beta.kubernetes.io/init-containers", 6, 8, "initContainers"},
	{"kubernetes.io/ingress.class", 18, 0, "spec.ingressClassName"},
	{"service.kubernetes.io/topology-aware-hints", 27, 0, "annotation service.kubernetes.io/topology-mode"},
	{"service.alpha.kubernetes.io/tolerate-unready-endpoints", 11, 0, "spec.publishNotReadyAddresses"},
	{"service.beta.kubernetes.io/external-traffic", 7, 9, "spec.externalTrafficPolicy"},
	{"service.beta.kubernetes.io/healthcheck-nodeport", 7, 9, "spec.healthCheckNodePort"},
	{"cloud.google.com/load-balancer-type", 17, 0, "annotation networking.gke.io/load-balancer-type"},
	{"volume.beta.kubernetes.io/storage-class", 6, 0, "spec.storageClassName"},
	{"storageclass.beta.kubernetes.io/is-default-class", 6, 0, "annotation storageclass.kubernetes.io/is-default-class"},
}

// volumePlugin is a volume type that Kubernetes drops. Numbers are minor
// versions of Kubernetes 1.
type volumePlugin struct {
	field       string // of a volume or a PersistentVolume
	provisioner string // of a StorageClass, below "kubernetes.io/"
	removed     int    // the release without it, 0 if none is fixed
	migrated    int    // the release from which a CSI driver always serves it
}

// volumePlugins, as of mid-2026.
var volumePlugins = []volumePlugin{
	{"gitRepo", "", 0, 0},
	{"flexVolume", "", 0, 0},
	{"flocker", "flocker", 25, 0},
	{"quobyte", "quobyte", 25, 0},
	{"storageos", "storageos", 25, 0},
	{"scaleIO", "scaleio", 22, 0},
	{"photonPersistentDisk", "photon-pd", 22, 0},
	{"glusterfs", "glusterfs", 26, 0},
	{"rbd", "rbd", 31, 0},
	{"cephfs", "", 31, 0},
	{"awsElasticBlockStore", "aws-ebs", 0, 25},
	{"azureDisk", "azure-disk", 0, 24},
	{"azureFile", "azure-file", 0, 26},
	{"cinder", "cinder", 0, 24},
	{"gcePersistentDisk", "gce-pd", 0, 25},
	{"vsphereVolume", "vsphere-volume", 0, 26},
}

// report says what becomes of the volume type in the target's version.
func (v volumePlugin) report(p *rule.Pass, at manifest.Place) {
	pr := rule.Problem{At: at}
	switch gone := v.removed > 0 && !p.Index.Version().Before(v.removed, 0); {
	case v.field == "gitRepo":
		high := result.High
		pr.Severity = &high
		pr.Message = "volume type gitRepo runs code of the repository's choice on the node, and is deprecated"
	case gone:
		pr.Message = fmt.Sprintf("volume type %s is dropped since Kubernetes 1.%d: pods with it stay pending", v.field, v.removed)
	case v.migrated > 0:
		pr.Message = fmt.Sprintf("volume type %s has no CSI driver behind it before Kubernetes 1.%d: its code is about to be dropped", v.field, v.migrated)
	default:
		pr.Message = fmt.Sprintf("volume type %s is deprecated: pods with it stay pending once a release drops it", v.field)
	}
	p.Add(pr)
}
