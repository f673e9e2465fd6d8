package registry

import "strings"

// Companions lists further hosts that a public registry sends its clients to:
// for tokens, and for blobs by redirect. From the registries' own documentation
// on firewalls.
func Companions(host string) []string {
	switch {
	case host == "docker.io" || host == "index.docker.io":
		return []string{"index.docker.io", "registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com", "production.cloudfront.docker.com", "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com"}
	case host == "ghcr.io":
		return []string{"pkg-containers.githubusercontent.com"}
	case host == "quay.io":
		return []string{"*.quay.io", "quayio-production-s3.s3.amazonaws.com"}
	case host == "registry.k8s.io" || host == "k8s.gcr.io":
		return []string{"*.pkg.dev", "*.amazonaws.com"}
	case host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, ".pkg.dev"):
		return []string{"storage.googleapis.com", "artifacts.googleapis.com"}
	case host == "mcr.microsoft.com":
		return []string{"*.data.mcr.microsoft.com"}
	case host == "public.ecr.aws":
		return []string{"*.cloudfront.net", "*.amazonaws.com"}
	case host == "registry.gitlab.com":
		return []string{"gitlab.com", "storage.googleapis.com"}
	}
	return nil
}
