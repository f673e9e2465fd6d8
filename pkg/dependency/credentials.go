package dependency

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"gopkg.in/yaml.v3"
)

// Credentials are the operator's for repositories of charts.
type Credentials struct {
	// Repositories are those of Helm's repositories.yaml.
	Repositories []Repository
	// registries are Helm's own log-ins, by host.
	registries map[string]authn.AuthConfig
	// docker says that Docker's configuration counts, too.
	docker bool
}

// Repository is an entry of Helm's repositories.yaml. Client certificates are
// not supported.
type Repository struct {
	Name               string `yaml:"name"`
	URL                string `yaml:"url"`
	Username           string `yaml:"username"`
	Password           string `yaml:"password"`
	PassCredentialsAll bool   `yaml:"pass_credentials_all"`
}

// NewCredentials reads Helm's repositories.yaml and registry/config.json, each
// nil if there is none. Docker's configuration is read when a registry is
// asked, which may run the credential helper that it names.
func NewCredentials(repositories, registries []byte) (Credentials, error) {
	c := Credentials{docker: true}
	var file struct {
		Repositories []Repository `yaml:"repositories"`
	}
	if err := yaml.Unmarshal(repositories, &file); err != nil {
		return c, fmt.Errorf("helm's repositories.yaml: %w", err)
	}
	c.Repositories = file.Repositories
	if len(registries) == 0 {
		return c, nil
	}
	var conf struct {
		Auths map[string]authn.AuthConfig `json:"auths"`
	}
	if err := json.Unmarshal(registries, &conf); err != nil {
		return c, fmt.Errorf("helm's registry/config.json: %w", err)
	}
	c.registries = conf.Auths
	return c, nil
}

// forURL finds the repository whose credentials go with a request to u for a
// chart of the repository at base: the same address, and the same host unless
// the operator said otherwise.
func (c Credentials) forURL(base string, u *url.URL) (Repository, bool) {
	for _, r := range c.Repositories {
		own, err := url.Parse(r.URL)
		if err != nil || strings.TrimSuffix(r.URL, "/") != strings.TrimSuffix(base, "/") {
			continue
		}
		if r.PassCredentialsAll || own.Scheme == u.Scheme && own.Host == u.Host {
			return r, true
		}
	}
	return Repository{}, false
}

// keychain gives the credentials of registries.
func (c Credentials) keychain() authn.Keychain {
	if !c.docker {
		return helmKeychain(c.registries)
	}
	return authn.NewMultiKeychain(helmKeychain(c.registries), authn.DefaultKeychain)
}

type helmKeychain map[string]authn.AuthConfig

// Resolve implements authn.Keychain.
func (k helmKeychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	a, ok := k[r.RegistryStr()]
	if !ok {
		return authn.Anonymous, nil
	}
	if a.Username == "" && a.Auth != "" {
		raw, err := base64.StdEncoding.DecodeString(a.Auth)
		if err != nil {
			return nil, fmt.Errorf("helm's registry/config.json: the entry of %s is not base64", r.RegistryStr())
		}
		a.Username, a.Password, _ = strings.Cut(string(raw), ":")
		a.Auth = ""
	}
	return authn.FromConfig(a), nil
}
