package manifest

// operatorImages are the fields of well-known custom resources that hold a
// whole image reference, by group/kind, from the CRDs of the operators as of
// mid-2026. Fields that hold a repository without its tag are left out.
var operatorImages = map[string][]string{
	"acid.zalan.do/postgresql":                          {"spec.dockerImage"},
	"agent.k8s.elastic.co/Agent":                        {"spec.image"},
	"apm.k8s.elastic.co/ApmServer":                      {"spec.image"},
	"argoproj.io/ClusterWorkflowTemplate":               workflowImages("spec."),
	"argoproj.io/CronWorkflow":                          workflowImages("spec.workflowSpec."),
	"argoproj.io/Workflow":                              workflowImages("spec."),
	"argoproj.io/WorkflowTemplate":                      workflowImages("spec."),
	"beat.k8s.elastic.co/Beat":                          {"spec.image"},
	"ceph.rook.io/CephCluster":                          {"spec.cephVersion.image"},
	"cassandra.datastax.com/CassandraDatacenter":        {"spec.serverImage"},
	"elasticsearch.k8s.elastic.co/Elasticsearch":        {"spec.image"},
	"enterprisesearch.k8s.elastic.co/EnterpriseSearch":  {"spec.image"},
	"jaegertracing.io/Jaeger":                           {"spec.allInOne.image", "spec.agent.image", "spec.collector.image", "spec.query.image", "spec.ingester.image"},
	"k8s.keycloak.org/Keycloak":                         {"spec.image"},
	"k8s.mariadb.com/MariaDB":                           {"spec.image"},
	"kafka.strimzi.io/Kafka":                            {"spec.kafka.image", "spec.zookeeper.image", "spec.entityOperator.topicOperator.image", "spec.entityOperator.userOperator.image", "spec.cruiseControl.image", "spec.kafkaExporter.image"},
	"kafka.strimzi.io/KafkaBridge":                      {"spec.image"},
	"kafka.strimzi.io/KafkaConnect":                     {"spec.image"},
	"kafka.strimzi.io/KafkaMirrorMaker2":                {"spec.image"},
	"kibana.k8s.elastic.co/Kibana":                      {"spec.image"},
	"logstash.k8s.elastic.co/Logstash":                  {"spec.image"},
	"monitoring.coreos.com/Alertmanager":                {"spec.image"},
	"monitoring.coreos.com/Prometheus":                  {"spec.image", "spec.thanos.image"},
	"monitoring.coreos.com/PrometheusAgent":             {"spec.image"},
	"monitoring.coreos.com/ThanosRuler":                 {"spec.image"},
	"opentelemetry.io/Instrumentation":                  {"spec.java.image", "spec.nodejs.image", "spec.python.image", "spec.dotnet.image", "spec.go.image"},
	"opentelemetry.io/OpenTelemetryCollector":           {"spec.image"},
	"postgres-operator.crunchydata.com/PostgresCluster": {"spec.image", "spec.backups.pgbackrest.image", "spec.proxy.pgBouncer.image"},
	"postgresql.cnpg.io/Cluster":                        {"spec.imageName"},
	"postgresql.cnpg.io/ImageCatalog":                   {"spec.images[].image"},
	"postgresql.cnpg.io/ClusterImageCatalog":            {"spec.images[].image"},
	"psmdb.percona.com/PerconaServerMongoDB":            {"spec.image", "spec.backup.image", "spec.pmm.image"},
	"pxc.percona.com/PerconaXtraDBCluster":              {"spec.pxc.image", "spec.haproxy.image", "spec.proxysql.image", "spec.backup.image", "spec.pmm.image"},
	"rabbitmq.com/RabbitmqCluster":                      {"spec.image"},
	"redis.redis.opstreelabs.in/Redis":                  {"spec.kubernetesConfig.image", "spec.redisExporter.image"},
	"redis.redis.opstreelabs.in/RedisCluster":           {"spec.kubernetesConfig.image", "spec.redisExporter.image"},
	"sparkoperator.k8s.io/SparkApplication":             {"spec.image", "spec.driver.image", "spec.executor.image"},
	"tekton.dev/ClusterTask":                            {"spec.steps[].image", "spec.sidecars[].image", "spec.stepTemplate.image"},
	"tekton.dev/Task":                                   {"spec.steps[].image", "spec.sidecars[].image", "spec.stepTemplate.image"},
}

func workflowImages(spec string) []string {
	return []string{
		spec + "templates[].container.image", spec + "templates[].script.image",
		spec + "templates[].initContainers[].image", spec + "templates[].sidecars[].image",
		spec + "templates[].containerSet.containers[].image",
	}
}

// operatorFlags are the flags, without dashes, by which well-known operators
// are told the images that they start: prometheus-operator, cert-manager, Argo
// Workflows, Tekton, Longhorn and Velero, from their flags as of mid-2026.
var operatorFlags = map[string]bool{
	"acme-http01-solver-image": true, "alertmanager-default-base-image": true,
	"backing-image-manager-image": true, "engine-image": true, "entrypoint-image": true,
	"executor-image": true, "instance-manager-image": true, "manager-image": true,
	"nop-image": true, "prometheus-config-reloader": true, "prometheus-default-base-image": true,
	"share-manager-image": true, "shell-image": true, "sidecarlogresults-image": true,
	"support-bundle-manager-image": true, "thanos-default-base-image": true, "workingdirinit-image": true,
}

// relatedImage starts the variables by which operators made with the Operator
// SDK are told images.
const relatedImage = "RELATED_IMAGE_"
