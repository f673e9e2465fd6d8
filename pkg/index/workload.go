package index

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// PodsIn lists the pod templates whose pods run in the namespace. PodTemplates
// are only stored, so they are left out.
func (x *Index) PodsIn(namespace string) []manifest.Pod { return x.pods[namespace] }

// Owns reports whether the render decides what is in the namespace: it holds
// the namespace itself, or workloads in it. What such a namespace lacks is
// missing; what another lacks may come from elsewhere.
func (x *Index) Owns(namespace string) bool {
	return len(x.pods[namespace]) > 0 || x.NamespaceObject(namespace) != nil
}

// OperatorMakes reports whether pods with labels as the selector wants them are
// made by an operator from a custom resource, so that no template shows them.
// Labels that operators reserve tell; or the name, among the selector's values,
// of a rendered resource that makes pods.
func (x *Index) OperatorMakes(selector manifest.Place, namespace string) bool {
	for k, v := range selector.Entries() {
		domain, _, ok := strings.Cut(k, "/")
		if ok && operatorLabels[domain] {
			return true
		}
		for gk := range operatorKinds {
			if v.Str() != "" && x.Get(gk.group, gk.kind, namespace, v.Str()) != nil {
				return true
			}
		}
	}
	return false
}

// operatorLabels are the domains of labels that operators alone put on pods,
// as of mid-2026.
var operatorLabels = map[string]bool{
	"cnpg.io": true, "strimzi.io": true, "postgres-operator.crunchydata.com": true, "operator.prometheus.io": true,
	"common.k8s.elastic.co": true, "elasticsearch.k8s.elastic.co": true, "kibana.k8s.elastic.co": true,
	"cassandra.datastax.com": true, "serving.knative.dev": true, "eventing.knative.dev": true, "kubevirt.io": true,
	"gateway.networking.k8s.io": true, "gateway.envoyproxy.io": true, "tekton.dev": true, "clickhouse.altinity.com": true,
	"k8s.mariadb.com": true, "apps.kubernetes.io": true, "batch.kubernetes.io": true, "statefulset.kubernetes.io": true,
}

// operatorKinds are custom resources from which an operator makes pods that
// carry the resource's name in a label of a general kind.
var operatorKinds = map[groupKind]bool{
	{"monitoring.coreos.com", "Prometheus"}: true, {"monitoring.coreos.com", "PrometheusAgent"}: true,
	{"monitoring.coreos.com", "Alertmanager"}: true, {"monitoring.coreos.com", "ThanosRuler"}: true,
	{"acid.zalan.do", "postgresql"}: true, {"rabbitmq.com", "RabbitmqCluster"}: true,
	{"opentelemetry.io", "OpenTelemetryCollector"}: true, {"jaegertracing.io", "Jaeger"}: true,
	{"k8s.keycloak.org", "Keycloak"}: true, {"psmdb.percona.com", "PerconaServerMongoDB"}: true,
	{"pxc.percona.com", "PerconaXtraDBCluster"}: true, {"mongodbcommunity.mongodb.com", "MongoDBCommunity"}: true,
	{"redis.redis.opstreelabs.in", "Redis"}: true, {"redis.redis.opstreelabs.in", "RedisCluster"}: true,
	{"sparkoperator.k8s.io", "SparkApplication"}: true, {"flink.apache.org", "FlinkDeployment"}: true,
	{"serving.knative.dev", "Service"}: true, {"minio.min.io", "Tenant"}: true, {"k8ssandra.io", "K8ssandraCluster"}: true,
	{"postgresql.cnpg.io", "Cluster"}: true, {"kafka.strimzi.io", "Kafka"}: true,
}

// OperatorNames reports whether an operator may make an object of the name, a
// Service, a Secret or a ConfigMap, from a rendered resource that makes pods:
// it bears the resource's name, and mostly something behind it.
func (x *Index) OperatorNames(namespace, name string) bool {
	for gk := range operatorKinds {
		for _, o := range x.byKind[gk] {
			if x.Namespace(o) == namespace && (o.Key.Name == name || strings.HasPrefix(name, o.Key.Name+"-")) {
				return true
			}
		}
	}
	return false
}
