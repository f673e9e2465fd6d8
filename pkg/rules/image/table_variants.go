package image

// slimVariants are the tags by which repositories offer a smaller base, as of
// 2026-06-30. Where the smaller one is the
// default, or none is offered, the repository is left out.
var slimVariants = []struct {
	names []string
	offer string
}{
	{[]string{"library/node", "library/python", "library/ruby", "library/perl", "library/rust"}, "slim"},
	{[]string{"library/php", "library/golang", "library/nginx", "library/httpd", "library/redis", "library/postgres", "library/rabbitmq",
		"library/haproxy", "library/memcached", "library/eclipse-temurin", "library/influxdb", "library/elixir", "library/erlang"}, "alpine"},
	{[]string{"dotnet/aspnet", "dotnet/runtime", "dotnet/runtime-deps"}, "chiseled"},
}

// distributions are whole operating systems.
var distributions = []string{
	"library/ubuntu", "library/debian", "library/centos", "library/fedora", "library/rockylinux", "library/almalinux",
	"library/oraclelinux", "library/amazonlinux", "library/archlinux", "opensuse/leap", "opensuse/tumbleweed",
}

// slimMarks are what the tag of a smaller base contains.
var slimMarks = []string{"slim", "alpine", "distroless", "chiseled", "minimal", "nanoserver", "micro"}
