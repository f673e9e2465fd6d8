package image

// advisory is a fault of a product's releases that is exploited, or as good as.
type advisory struct {
	names []string
	cve   string
	what  string
	// from is the first release at fault, "" for the first ever.
	from string
	// fixed are the first mended releases, one for each line that got a fix,
	// oldest first; lines older than the last one without a fix stay at fault.
	fixed []string
}

// affects reports whether the release is at fault.
func (a advisory) affects(r []int) bool {
	if r == nil || a.from != "" && before(r, release(a.from)) {
		return false
	}
	older := false
	for _, f := range a.fixed {
		v := release(f)
		if within(r, v[:len(v)-1]) {
			return before(r, v)
		}
		older = older || before(r, v)
	}
	return older
}

// advisories, as of tableDate, to be compared with the projects' own notices
// whenever a row is added: those in CISA's catalogue of exploited vulnerabilities, or rated critical, of
// software that manifests deploy by its own image.
var advisories = []advisory{
	{[]string{"ingress-nginx/controller", "ingress-nginx/controller-chroot", "nginx-ingress-controller"}, "CVE-2025-1974", "whoever reaches the admission webhook runs code as the controller", "", []string{"1.11.5", "1.12.1"}},
	{[]string{"ingress-nginx/controller", "ingress-nginx/controller-chroot"}, "CVE-2026-24512", "a path in an Ingress becomes code in the controller", "1.11.5", []string{"1.13.7", "1.14.3"}},
	{[]string{"argoproj/argocd"}, "CVE-2022-29165", "anybody may log in as any user where anonymous access is on", "1.4.0", []string{"2.1.15", "2.2.9", "2.3.4"}},
	{[]string{"argoproj/argocd"}, "CVE-2025-55190", "project tokens read repository credentials", "2.13.0", []string{"2.13.9", "2.14.16", "3.0.14", "3.1.2"}},
	{[]string{"kyverno/kyverno"}, "CVE-2022-47633", "image signatures can be bypassed", "1.8.3", []string{"1.8.5"}},
	{[]string{"kubernetes-dashboard-amd64"}, "CVE-2018-18264", "login can be skipped with the dashboard's own rights", "1.7.0", []string{"1.10.1"}},
	{[]string{"rancher/rancher"}, "CVE-2021-36782", "cluster credentials are readable in plain text", "2.5.0", []string{"2.5.16", "2.6.7"}},
	{[]string{"goharbor/harbor-core"}, "CVE-2019-16097", "anybody may register as administrator", "1.7.0", []string{"1.7.6", "1.8.3"}},
	{[]string{"grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise", "bitnami/grafana"}, "CVE-2021-43798", "anybody reads files of the container", "8.0.0", []string{"8.0.7", "8.1.8", "8.2.7", "8.3.1"}},
	{[]string{"grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise", "bitnami/grafana"}, "CVE-2023-3128", "accounts can be taken over through Azure AD", "6.7.0", []string{"8.5.27", "9.2.20", "9.3.16", "9.4.13", "9.5.5"}},
	{[]string{"jenkins/jenkins", "bitnami/jenkins"}, "CVE-2024-23897", "anybody reads files of the controller", "", []string{"2.426.3", "2.440.1", "2.442"}},
	{[]string{"gitlab/gitlab-ce", "gitlab/gitlab-ee"}, "CVE-2021-22205", "an uploaded image runs code", "11.9.0", []string{"13.8.8", "13.9.6", "13.10.3"}},
	{[]string{"gitlab/gitlab-ce", "gitlab/gitlab-ee"}, "CVE-2023-7028", "passwords can be reset to a foreign address", "16.1.0", []string{"16.1.6", "16.2.9", "16.3.7", "16.4.5", "16.5.6", "16.6.4", "16.7.2"}},
	{[]string{"jetbrains/teamcity-server"}, "CVE-2024-27198", "anybody becomes administrator", "", []string{"2023.11.4"}},
	{[]string{"sonatype/nexus3"}, "CVE-2024-4956", "anybody reads files of the container", "3.0.0", []string{"3.68.1"}},
	{[]string{"atlassian/confluence", "atlassian/confluence-server"}, "CVE-2023-22527", "a template runs anybody's code", "8.0.0", []string{"8.5.4"}},
	{[]string{"atlassian/confluence", "atlassian/confluence-server"}, "CVE-2022-26134", "a request runs anybody's code", "1.3.0", []string{"7.4.17", "7.13.7", "7.14.3", "7.15.2", "7.16.4", "7.17.4", "7.18.1"}},

	{[]string{"library/solr", "bitnami/solr"}, "CVE-2021-44228", "Log4Shell: a logged string runs code", "7.4.0", []string{"8.11.1"}},
	{[]string{"apache/druid"}, "CVE-2021-44228", "Log4Shell: a logged string runs code", "", []string{"0.22.1"}},
	{[]string{"library/flink"}, "CVE-2021-44228", "Log4Shell: a logged string runs code", "1.11.0", []string{"1.11.6", "1.12.7", "1.13.5", "1.14.2"}},
	{[]string{"apache/activemq-classic"}, "CVE-2023-46604", "a message runs anybody's code", "", []string{"5.15.16", "5.16.7", "5.17.6", "5.18.3"}},
	{[]string{"apache/rocketmq"}, "CVE-2023-33246", "a configuration update runs anybody's command", "", []string{"4.9.6", "5.1.1"}},
	{[]string{"apache/apisix"}, "CVE-2022-24112", "the batch plugin runs anybody's code", "", []string{"2.10.4", "2.12.1"}},
	{[]string{"apache/superset"}, "CVE-2023-27524", "the default key lets anybody log in", "", []string{"2.1.0"}},
	{[]string{"metabase/metabase"}, "CVE-2023-38646", "anybody runs commands before login", "0.43.0", []string{"0.43.7.2", "0.44.7.1", "0.45.4.1", "0.46.6.1"}},
	{[]string{"library/tomcat", "bitnami/tomcat"}, "CVE-2025-24813", "a partial upload can run code", "9.0.0", []string{"9.0.99", "10.1.35", "11.0.3"}},
	{[]string{"library/httpd", "bitnami/apache"}, "CVE-2021-42013", "a path with dots reads files and runs programs", "2.4.49", []string{"2.4.51"}},
	{[]string{"library/redis", "bitnami/redis"}, "CVE-2025-49844", "a Lua script runs code in the server", "", []string{"6.2.20", "7.2.11", "7.4.6", "8.0.4", "8.2.2"}},
	{[]string{"library/mongo", "bitnami/mongodb", "mongodb/mongodb-community-server"}, "CVE-2025-14847", "anybody reads the server's memory before login", "", []string{"4.4.30", "5.0.32", "6.0.27", "7.0.28", "8.0.17", "8.2.3"}},
	{[]string{"library/couchdb", "bitnami/couchdb"}, "CVE-2022-24706", "the default cookie gives anybody the administrator's rights", "", []string{"3.2.2"}},
	{[]string{"kibana"}, "CVE-2019-7609", "Timelion runs anybody's code", "3.0.0", []string{"5.6.15", "6.6.1"}},
	{[]string{"library/drupal", "bitnami/drupal"}, "CVE-2018-7600", "a form runs anybody's code", "6.0", []string{"7.58", "8.3.9", "8.4.6", "8.5.1"}},
	{[]string{"library/joomla", "bitnami/joomla"}, "CVE-2023-23752", "anybody reads the database's password", "4.0.0", []string{"4.2.8"}},
	{[]string{"kartoza/geoserver", "geoserver"}, "CVE-2024-36401", "a request runs anybody's code", "", []string{"2.23.6", "2.24.4", "2.25.2"}},
	{[]string{"langflowai/langflow"}, "CVE-2025-3248", "anybody runs code before login", "", []string{"1.3.0"}},
	{[]string{"library/docker"}, "CVE-2024-21626", "a container escapes through runc", "", []string{"24.0.9", "25.0.2"}},
}
