package pod

// grade says how far a capability reaches.
type grade int

const (
	gradeBeyondBaseline grade = iota // refused by the Pod Security baseline
	gradeDangerous                   // gives the node or its network away
	gradeBaseline                    // tolerated by baseline, refused by restricted
	gradeRestricted                  // allowed even by restricted
)

// grades holds the capabilities that are not merely beyond the baseline. The
// baseline set is that of the Pod Security Standards.
var grades = map[string]grade{
	"ALL": gradeDangerous, "SYS_ADMIN": gradeDangerous, "SYS_MODULE": gradeDangerous,
	"SYS_PTRACE": gradeDangerous, "SYS_RAWIO": gradeDangerous, "SYS_BOOT": gradeDangerous,
	"BPF": gradeDangerous, "PERFMON": gradeDangerous, "NET_ADMIN": gradeDangerous,
	"DAC_READ_SEARCH": gradeDangerous, "MAC_ADMIN": gradeDangerous, "MAC_OVERRIDE": gradeDangerous,

	"AUDIT_WRITE": gradeBaseline, "CHOWN": gradeBaseline, "DAC_OVERRIDE": gradeBaseline,
	"FOWNER": gradeBaseline, "FSETID": gradeBaseline, "KILL": gradeBaseline, "MKNOD": gradeBaseline,
	"SETFCAP": gradeBaseline, "SETGID": gradeBaseline, "SETPCAP": gradeBaseline,
	"SETUID": gradeBaseline, "SYS_CHROOT": gradeBaseline,

	"NET_BIND_SERVICE": gradeRestricted,
}

func gradeOf(capability string) grade { return grades[capability] }

// defaultCapabilities are those that containerd and Docker
// give a container that asks for nothing.
func defaultCapabilities() []string {
	return []string{
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
		"NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
	}
}
