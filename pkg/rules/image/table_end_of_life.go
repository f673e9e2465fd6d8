package image

// tableDate is the day that the tables of ends and of advisories speak of. Not
// every row has been compared with its source yet: docs/rules/README.md.
const tableDate = "2026-06-30"

// lifetime is a product with its release lines whose support has ended, oldest
// first; lines older than the first have ended too. The line "" is the whole
// repository.
type lifetime struct {
	product string
	names   []string
	ended   []ended
}

type ended struct{ line, on string }

// lifetimes are the products whose images are common, by their projects'
// release policies as endoflife.date collects them. Alpine, Argo CD, MariaDB,
// MongoDB, nginx, Node.js, PHP, PostgreSQL, Python, Redis and Ruby have been
// compared with it; where a project's own page says another day, the page wins.
var lifetimes = []lifetime{
	alpine,
	{"Debian", []string{"library/debian"}, []ended{{"8", "2020-06-30"}, {"9", "2022-06-30"}, {"10", "2024-06-30"}}},
	{"Ubuntu", []string{"library/ubuntu"}, []ended{{"14.04", "2019-04-25"}, {"16.04", "2021-04-30"}, {"18.04", "2023-05-31"}, {"20.04", "2025-05-31"}}},
	{"CentOS", []string{"library/centos"}, []ended{{"", "2024-06-30"}}},
	{"Fedora", []string{"library/fedora", "fedora/fedora"}, []ended{{"40", "2025-05-13"}, {"41", "2025-12-15"}}},

	{"Node.js", []string{"library/node", "bitnami/node"}, []ended{
		{"8", "2019-12-31"}, {"9", "2018-06-30"}, {"10", "2021-04-30"}, {"11", "2019-06-30"}, {"12", "2022-04-30"}, {"13", "2020-06-01"},
		{"14", "2023-04-30"}, {"15", "2021-06-01"}, {"16", "2023-09-11"}, {"17", "2022-06-01"}, {"18", "2025-04-30"}, {"19", "2023-06-01"},
		{"20", "2026-04-30"}, {"21", "2024-06-01"}, {"23", "2025-06-01"}, {"25", "2026-06-01"},
	}},
	{"Python", []string{"library/python", "bitnami/python"}, []ended{
		{"2.7", "2020-01-01"}, {"3.5", "2020-09-30"}, {"3.6", "2021-12-23"}, {"3.7", "2023-06-27"}, {"3.8", "2024-10-07"}, {"3.9", "2025-10-31"},
	}},
	{"Go", []string{"library/golang"}, []ended{
		{"1.19", "2023-08-08"}, {"1.20", "2024-02-06"}, {"1.21", "2024-08-13"}, {"1.22", "2025-02-11"}, {"1.23", "2025-08-12"}, {"1.24", "2026-02-10"},
	}},
	{"Ruby", []string{"library/ruby"}, []ended{
		{"2.6", "2022-04-12"}, {"2.7", "2023-03-31"}, {"3.0", "2024-04-23"}, {"3.1", "2025-03-26"}, {"3.2", "2026-03-31"},
	}},
	{"PHP", []string{"library/php"}, []ended{{"7.3", "2021-12-06"}, {"7.4", "2022-11-28"}, {"8.0", "2023-11-26"}, {"8.1", "2025-12-31"}}},
	{"the openjdk image", []string{"library/openjdk", "library/java"}, []ended{{"", "2022-07-25"}}},
	{".NET", []string{"dotnet/aspnet", "dotnet/runtime", "dotnet/sdk", "dotnet/runtime-deps"}, []ended{
		{"3.1", "2022-12-13"}, {"5.0", "2022-05-10"}, {"6.0", "2024-11-12"}, {"7.0", "2024-05-14"},
	}},

	{"PostgreSQL", []string{"library/postgres", "bitnami/postgresql"}, []ended{
		{"9.6", "2021-11-11"}, {"10", "2022-11-10"}, {"11", "2023-11-09"}, {"12", "2024-11-21"}, {"13", "2025-11-13"},
	}},
	{"MySQL", []string{"library/mysql", "bitnami/mysql"}, []ended{{"5.6", "2021-02-05"}, {"5.7", "2023-10-31"}, {"8.0", "2026-04-30"}}},
	{"MariaDB", []string{"library/mariadb", "bitnami/mariadb"}, []ended{
		{"10.3", "2023-05-25"}, {"10.4", "2024-06-18"}, {"10.5", "2025-06-24"}, {"10.7", "2023-02-14"},
		{"10.8", "2023-05-20"}, {"10.9", "2023-08-22"}, {"10.10", "2023-11-17"},
	}},
	{"MongoDB", []string{"library/mongo", "bitnami/mongodb"}, []ended{
		{"4.0", "2022-04-30"}, {"4.2", "2023-04-30"}, {"4.4", "2024-02-29"}, {"5.0", "2024-10-31"}, {"5.1", "2022-01-18"}, {"5.2", "2022-03-23"}, {"5.3", "2022-07-31"},
		{"6.0", "2025-07-31"}, {"6.1", "2023-02-09"}, {"6.2", "2023-04-24"}, {"6.3", "2023-08-31"}, {"7.1", "2024-01-23"}, {"7.2", "2024-03-27"}, {"7.3", "2024-10-31"}, {"8.1", "2025-09-30"},
	}},
	{"Redis", []string{"library/redis", "bitnami/redis"}, []ended{{"5.0", "2022-04-27"}, {"6.0", "2022-05-31"}, {"7.0", "2024-07-29"}, {"8.0", "2026-02-11"}}},
	{"Elasticsearch", []string{"elasticsearch", "elasticsearch-oss"}, []ended{{"6", "2022-02-10"}, {"7", "2026-01-15"}}},
	{"Kibana", []string{"kibana", "kibana-oss"}, []ended{{"6", "2022-02-10"}, {"7", "2026-01-15"}}},
	{"Logstash", []string{"logstash", "logstash-oss"}, []ended{{"6", "2022-02-10"}, {"7", "2026-01-15"}}},
	{"nginx", []string{"library/nginx", "nginxinc/nginx-unprivileged", "bitnami/nginx"}, []ended{
		{"1.18", "2021-04-20"}, {"1.19", "2021-05-25"}, {"1.20", "2022-05-24"}, {"1.21", "2022-06-21"}, {"1.22", "2023-04-11"}, {"1.23", "2023-05-23"},
		{"1.24", "2024-04-23"}, {"1.25", "2024-05-29"}, {"1.26", "2025-04-23"}, {"1.27", "2025-06-24"},
	}},

	{"Kubernetes", []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl"}, []ended{
		{"1.27", "2024-06-28"}, {"1.28", "2024-10-28"}, {"1.29", "2025-02-28"}, {"1.30", "2025-06-28"}, {"1.31", "2025-10-28"}, {"1.32", "2026-02-28"},
	}},
	{"Argo CD", []string{"argoproj/argocd"}, []ended{
		{"2.10", "2024-11-04"}, {"2.11", "2025-02-03"}, {"2.12", "2025-05-06"}, {"2.13", "2025-08-13"},
	}},
}

var alpine = lifetime{"Alpine", []string{"library/alpine"}, []ended{
	{"3.15", "2023-11-01"}, {"3.16", "2024-05-23"}, {"3.17", "2024-11-22"}, {"3.18", "2025-05-09"}, {"3.19", "2025-11-01"}, {"3.20", "2026-04-01"},
}}

// endedBases are the names of distributions by which tags tell their base.
var endedBases = map[string]struct{ product, on string }{
	"wheezy": {"Debian 7", "2018-05-31"}, "jessie": {"Debian 8", "2020-06-30"}, "stretch": {"Debian 9", "2022-06-30"}, "buster": {"Debian 10", "2024-06-30"},
	"trusty": {"Ubuntu 14.04", "2019-04-25"}, "xenial": {"Ubuntu 16.04", "2021-04-30"}, "bionic": {"Ubuntu 18.04", "2023-05-31"}, "focal": {"Ubuntu 20.04", "2025-05-31"},
	"centos7": {"CentOS 7", "2024-06-30"}, "centos8": {"CentOS 8", "2021-12-31"},
}
