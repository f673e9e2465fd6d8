package index

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// secretMakers are kinds from which a controller makes Secrets: the fields that
// name them ("[]" for each item of a list), or none where the Secret bears the
// object's name. From the operators' documentation as of mid-2026.
var secretMakers = map[groupKind][]string{
	{"bitnami.com", "SealedSecret"}:                       {"spec.template.metadata.name", ""},
	{"cert-manager.io", "Certificate"}:                    {"spec.secretName"},
	{"core.strimzi.io", "StrimziPodSet"}:                  {""},
	{"external-secrets.io", "ClusterExternalSecret"}:      {"spec.externalSecretName", "spec.externalSecretSpec.target.name"},
	{"external-secrets.io", "ExternalSecret"}:             {"spec.target.name", ""},
	{"isindir.github.com", "SopsSecret"}:                  {"spec.secretTemplates[].name"},
	{"kafka.strimzi.io", "KafkaUser"}:                     {""},
	{"kubernetes-client.io", "ExternalSecret"}:            {""},
	{"onepassword.com", "OnePasswordItem"}:                {""},
	{"secrets-store.csi.x-k8s.io", "SecretProviderClass"}: {"spec.secretObjects[].secretName"},
	{"secrets.doppler.com", "DopplerSecret"}:              {"spec.managedSecret.name"},
	{"secrets.hashicorp.com", "HCPVaultSecretsApp"}:       {"spec.destination.name"},
	{"secrets.hashicorp.com", "VaultDynamicSecret"}:       {"spec.destination.name"},
	{"secrets.hashicorp.com", "VaultPKISecret"}:           {"spec.destination.name"},
	{"secrets.hashicorp.com", "VaultStaticSecret"}:        {"spec.destination.name"},
	{"secrets.infisical.com", "InfisicalSecret"}:          {"spec.managedSecretReference.secretName", "spec.managedKubeSecretReferences[].secretName"},
}

// HasSecret reports whether the target holds the Secret, or something that
// makes it: an object that a controller turns into it, an operator's resource
// of that name, or a Job that is told to write it.
func (x *Index) HasSecret(namespace, name string) bool {
	if x.Get("", "Secret", namespace, name) != nil || x.OperatorNames(namespace, name) {
		return true
	}
	for gk, fields := range secretMakers {
		for _, o := range x.byKind[gk] {
			if (x.Namespace(o) == namespace || gk.kind == "ClusterExternalSecret") && slices.ContainsFunc(fields, func(f string) bool { return makes(o, f, name) }) {
				return true
			}
		}
	}
	for _, pod := range x.pods[namespace] {
		if pod.Object.Key.Kind == "Job" && slices.ContainsFunc(arguments(pod), func(a string) bool { return strings.HasSuffix(a, "secret-name="+name) }) {
			return true
		}
	}
	return false
}

func makes(o *manifest.Object, field, name string) bool {
	if field == "" {
		return o.Key.Name == name
	}
	for at := range o.Root().Each(field) {
		if at.Str() == name {
			return true
		}
	}
	return false
}

func arguments(pod manifest.Pod) []string {
	var out []string
	for c := range pod.Containers() {
		out = append(append(out, c.At("command").Strings()...), c.At("args").Strings()...)
	}
	return out
}
