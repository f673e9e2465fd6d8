package manifest

import "path"

// HostPath is a volume of the pod that is a file or folder of the node.
type HostPath struct {
	At     Place  // the volume's hostPath.path
	Name   string // the volume's
	Path   string // cleaned, absolute; /var/run is written /run, which it is
	Mounts []Mount
}

// Mount is where a container mounts a volume.
type Mount struct {
	Container Container
	At        Place // the item of volumeMounts
}

// ReadOnly reports whether the mount cannot be written through.
func (m Mount) ReadOnly() bool { return m.At.At("readOnly").IsTrue() }

// HostPaths lists the pod's hostPath volumes with the mounts of each.
func (p Pod) HostPaths() []HostPath {
	var out []HostPath
	for v := range p.Spec.At("volumes").Items() {
		if at := v.At("hostPath", "path"); at.Str() != "" {
			name := v.At("name").Str()
			out = append(out, HostPath{At: at, Name: name, Path: cleanHostPath(at.Str()), Mounts: p.Mounts(name)})
		}
	}
	return out
}

func cleanHostPath(s string) string {
	s = path.Clean("/" + s)
	if s == "/var/run" || len(s) > 8 && s[:9] == "/var/run/" {
		s = s[4:]
	}
	return s
}

// Mounts lists the mounts of the pod's volume with the given name.
func (p Pod) Mounts(volume string) []Mount {
	var out []Mount
	for c := range p.Containers() {
		for m := range c.At("volumeMounts").Items() {
			if m.At("name").Str() == volume {
				out = append(out, Mount{Container: c, At: m})
			}
		}
	}
	return out
}
