package index

// HasSecret reports whether the target holds the Secret, or an object that a
// controller turns into it.
func (x *Index) HasSecret(namespace, name string) bool {
	if x.Get("", "Secret", namespace, name) != nil || x.Get("bitnami.com", "SealedSecret", namespace, name) != nil {
		return true
	}
	for _, es := range x.Kind("external-secrets.io", "ExternalSecret") {
		target := es.At("spec", "target", "name").Str()
		if target == "" {
			target = es.Key.Name
		}
		if target == name && x.Namespace(es) == namespace {
			return true
		}
	}
	for _, c := range x.Kind("cert-manager.io", "Certificate") {
		if c.At("spec", "secretName").Str() == name && x.Namespace(c) == namespace {
			return true
		}
	}
	return false
}
