package sandbox

import (
	"fmt"
	"os"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Rights of Landlock. Reading does not include executing.
const (
	readFile  = ll.AccessFSReadFile
	readDir   = ll.AccessFSReadFile | ll.AccessFSReadDir
	writeFile = ll.AccessFSWriteFile | ll.AccessFSTruncate
	writeDir  = readDir | writeFile | ll.AccessFSMakeReg | ll.AccessFSMakeDir | ll.AccessFSRemoveFile | ll.AccessFSRemoveDir | ll.AccessFSRefer
	execute   = ll.AccessFSExecute
)

// system is what Go's libraries read of the system: devices, and where the
// network is allowed, names and certificates.
var (
	devices = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty"}
	names   = []string{
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols", "/etc/gai.conf", "/etc/mime.types",
		"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/zoneinfo",
		"/run/systemd/resolve", "/proc/sys/net/core/somaxconn",
	}
)

// Calls that no scan makes. Those of sockets only where the network is off.
var (
	programs = []string{"execve", "execveat"}
	sockets  = []string{"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"}
	others   = []string{
		"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
		"mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "move_mount", "fsopen", "open_tree", "name_to_handle_at", "open_by_handle_at",
		"init_module", "finit_module", "delete_module", "kexec_load", "add_key", "request_key", "keyctl",
	}
)

func enter(n Need) (missing []string, err error) {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		missing = append(missing, "files: this kernel has no Landlock")
	} else {
		if abi < 4 {
			missing = append(missing, "TCP: this kernel's Landlock is older than version 4")
		}
		restrict := landlock.V7.BestEffort().Restrict
		if n.Network {
			restrict = landlock.V7.BestEffort().RestrictPaths
		}
		if err := restrict(rules(n)...); err != nil {
			return missing, fmt.Errorf("landlock: %w", err)
		}
	}
	if !seccomp.Supported() {
		return append(missing, "system calls: this kernel has no seccomp filters"), nil
	}
	deny := slices.Clone(others)
	if !n.Programs {
		deny = append(deny, programs...)
	}
	if !n.Network {
		deny = append(deny, sockets...)
	}
	machine, err := arch.GetInfo("")
	if err != nil {
		return append(missing, "system calls: the filter does not know this architecture"), nil
	}
	deny = slices.DeleteFunc(deny, func(call string) bool { _, ok := machine.SyscallNames[call]; return !ok })
	filter := seccomp.Filter{
		NoNewPrivs: true, Flag: seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: deny}}},
	}
	if err := seccomp.LoadFilter(filter); err != nil {
		return missing, fmt.Errorf("seccomp: %w", err)
	}
	return missing, nil
}

func rules(n Need) []landlock.Rule {
	out := []landlock.Rule{landlock.PathAccess(readFile|ll.AccessFSWriteFile|ll.AccessFSIoctlDev, devices...).IgnoreIfMissing()}
	add := func(p string, file, dir landlock.AccessFSSet) {
		info, err := os.Stat(p)
		switch {
		case err != nil:
		case info.IsDir():
			out = append(out, landlock.PathAccess(dir, p))
		default:
			out = append(out, landlock.PathAccess(file, p))
		}
	}
	for _, p := range n.Read {
		add(p, readFile, readDir)
	}
	for _, p := range n.Write {
		add(p, readFile|writeFile, writeDir)
	}
	if n.Network {
		for _, p := range names {
			add(p, readFile, readDir)
		}
	}
	if n.Programs {
		add("/", readFile|execute, readDir|execute)
	}
	return out
}
