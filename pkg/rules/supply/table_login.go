package supply

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// openService is a program that people log in to, or should.
type openService struct {
	name string
	// images are patterns of path.Match over the last steps of an image's path.
	images []string
	// ports are those of the interface that is meant, none for all.
	ports []int
	// guarded says that it asks for a login unless one of settings is there;
	// else it asks for none unless one is. Settings are parts of "name=value"
	// in lower case, of environment, arguments and mounted files; see matches.
	guarded  bool
	settings []string
	// from and before limit the row to versions by their major number, where
	// the tag tells; 0 for no limit.
	from, before int
}

// openServices is from the programs' documentation as of mid-2026.
var openServices = []openService{
	{name: "Redis", images: []string{"redis", "redis-stack", "redis-stack-server", "redis-cluster", "keydb"}, settings: []string{"requirepass", "redis_password", "keydb_password", "aclfile", "user default"}},
	{name: "Valkey", images: []string{"valkey", "valkey-cluster"}, settings: []string{"requirepass", "valkey_password", "aclfile", "user default"}},
	{name: "Dragonfly", images: []string{"dragonfly"}, settings: []string{"requirepass", "dfly_requirepass", "dfly_password", "aclfile"}},
	{name: "Memcached", images: []string{"memcached"}, settings: []string{"enable-sasl", "memcached_password", "=-s", "auth-file"}},
	{name: "MongoDB", images: []string{"mongo", "mongodb", "mongodb-community-server"}, settings: []string{"mongo_initdb_root", "mongodb_initdb_root", "mongodb_root_password", "mongodb_password", "--auth", "--keyfile", "authorization=enabled", "keyfile="}},
	{name: "Cassandra", images: []string{"cassandra"}, settings: []string{"cassandra_password", "passwordauthenticator"}},
	{name: "Elasticsearch", images: []string{"elasticsearch", "elasticsearch-oss"}, before: 8, settings: []string{"xpack.security.enabled=true", "elastic_password", "searchguard", "elasticsearch_enable_security=true"}},
	{name: "Elasticsearch", images: []string{"elasticsearch"}, from: 8, guarded: true, settings: []string{"xpack.security.enabled=false"}},
	{name: "OpenSearch", images: []string{"opensearch"}, guarded: true, settings: []string{"disable_security_plugin=true", "plugins.security.disabled=true", "plugins.security.disabled=\"true"}},
	{name: "Solr", images: []string{"solr"}, settings: []string{"solr_auth", "basicauth", "security.json", "solr_enable_authentication=yes"}},
	{name: "InfluxDB", images: []string{"influxdb"}, before: 2, settings: []string{"influxdb_http_auth_enabled=true", "auth-enabled=true", "influxdb_admin_user_password"}},
	{name: "Neo4j", images: []string{"neo4j"}, guarded: true, settings: []string{"neo4j_auth=none", "dbms_security_auth__enabled=false", "dbms.security.auth_enabled=false"}},
	{name: "Qdrant", images: []string{"qdrant"}, settings: []string{"service__api_key", "api_key=", "read_only_api_key"}},
	{name: "Chroma", images: []string{"chromadb/chroma", "chroma-core/chroma"}, settings: []string{"chroma_server_authn", "chroma_server_auth"}},
	{name: "Ollama", images: []string{"ollama"}},
	{name: "vLLM", images: []string{"vllm-openai"}, settings: []string{"--api-key", "vllm_api_key"}},
	{name: "MLflow", images: []string{"mlflow"}, settings: []string{"basic-auth", "mlflow_auth"}},
	{name: "Ray", images: []string{"rayproject/ray", "rayproject/ray-ml"}, ports: []int{8265, 10001}, settings: []string{"ray_auth_mode=token"}},
	{name: "Jupyter", images: []string{"*-notebook", "jupyterlab"}, guarded: true, settings: []string{"notebookapp.token=''", "serverapp.token=''", "identityprovider.token=''", "notebookapp.token=", "serverapp.token=", "jupyter_token="}},
	{name: "etcd", images: []string{"etcd"}, settings: []string{"client-cert-auth", "client_cert_auth", "etcd_root_password", "auth-token"}},
	{name: "ZooKeeper", images: []string{"zookeeper"}, settings: []string{"zoo_enable_auth=yes", "authprovider", "java.security.auth.login", "quorum.auth"}},
	{name: "Consul", images: []string{"consul", "hashicorp/consul"}, settings: []string{"default_policy", "acl"}},
	{name: "Prometheus", images: []string{"prom/prometheus", "prometheus/prometheus", "bitnami/prometheus"}, settings: []string{"web.config.file"}},
	{name: "Alertmanager", images: []string{"alertmanager"}, settings: []string{"web.config.file"}},
	{name: "Grafana", images: []string{"grafana", "grafana-oss", "grafana-enterprise"}, guarded: true, settings: []string{"gf_auth_anonymous_enabled=true"}},
	{name: "Jaeger", images: []string{"jaeger-query", "jaegertracing/all-in-one"}, ports: []int{16685, 16686}},
	{name: "Zipkin", images: []string{"zipkin"}},
	{name: "cAdvisor", images: []string{"cadvisor"}, settings: []string{"http_auth_file", "http_digest_file"}},
	{name: "Netdata", images: []string{"netdata/netdata"}, settings: []string{"bearer token protection=yes"}},
	{name: "Weave Scope", images: []string{"weaveworks/scope"}, settings: []string{"basic-auth", "basic_auth"}},
	{name: "Hubble UI", images: []string{"hubble-ui"}},
	{name: "Longhorn's UI", images: []string{"longhorn-ui"}},
	{name: "Kubecost", images: []string{"cost-analyzer-frontend", "opencost-ui"}, settings: []string{"saml", "oidc"}},
	{name: "Kubeflow's dashboard", images: []string{"centraldashboard", "centraldashboard-angular"}},
	{name: "Kubernetes Dashboard", images: []string{"kubernetesui/dashboard", "dashboard-api"}, guarded: true, settings: []string{"enable-skip-login"}},
	{name: "Chaos Dashboard", images: []string{"chaos-dashboard"}, guarded: true, settings: []string{"security_mode=false"}},
	{name: "Argo Workflows", images: []string{"argocli"}, guarded: true, settings: []string{"auth-mode=server"}},
	{name: "Argo Rollouts' dashboard", images: []string{"kubectl-argo-rollouts"}},
	{name: "Argo CD", images: []string{"argoproj/argocd"}, guarded: true, settings: []string{"disable-auth", "disable.auth=true"}},
	{name: "Kafka UI", images: []string{"kafka-ui"}, settings: []string{"auth_type=login_form", "auth_type=oauth2", "auth_type=ldap", "type=login_form", "type=oauth2", "spring_security"}},
	{name: "Kafdrop", images: []string{"kafdrop"}},
	{name: "AKHQ", images: []string{"akhq"}, settings: []string{"basic-auth", "ldap", "oidc", "micronaut.security", "header-auth"}},
	{name: "Redis Commander", images: []string{"redis-commander"}, settings: []string{"http_password", "http_user"}},
	{name: "Flower", images: []string{"mher/flower"}, settings: []string{"basic_auth", "flower_auth", "--auth"}},
	{name: "Selenium Grid", images: []string{"selenium/hub", "selenium/router", "selenium/standalone-*"}, settings: []string{"se_router_password", "router-username", "--password"}},
	{name: "Docker's daemon", images: []string{"docker"}, ports: []int{2375}},
	{name: "Traefik's dashboard", images: []string{"traefik"}, ports: []int{8080, 9000}, guarded: true, settings: []string{"api.insecure=true", "traefik_api_insecure=true", "insecure-api"}},
}

// at reports whether the port may be the interface that is meant.
func (s openService) at(port int) bool {
	return len(s.ports) == 0 || slices.Contains(s.ports, port) || port == 0
}

// runs reports whether the image is of the service.
func (s openService) runs(ref manifest.Reference) bool {
	steps := strings.Split(ref.Path, "/")
	if !slices.ContainsFunc(s.images, func(pattern string) bool {
		n := strings.Count(pattern, "/") + 1
		if n > len(steps) {
			return false
		}
		ok, _ := path.Match(pattern, strings.Join(steps[len(steps)-n:], "/"))
		return ok
	}) {
		return false
	}
	major, err := strconv.Atoi(strings.TrimPrefix(strings.SplitN(ref.Tag, ".", 2)[0], "v"))
	if err != nil { // the newest, as far as can be told
		return s.before == 0
	}
	return major >= s.from && (s.before == 0 || major < s.before)
}
