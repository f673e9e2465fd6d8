// Package sandbox has the kernel take from the process what a scan does not
// need, so that a fault of ours, or of a library, that a hostile repository
// found cannot do more than the scan itself: Landlock confines files and TCP,
// a seccomp filter refuses to start programs, to trace other processes and,
// without the network, to make sockets. Both hold for all threads, and cannot be
// undone.
package sandbox

// Need is what a run needs. Paths that do not exist are passed over.
type Need struct {
	// Read are files and directories to read, Write directories in which files
	// are made, changed and removed too.
	Read, Write []string
	// Network allows connections.
	Network bool
	// Programs allows programs to be started, and read from wherever they are.
	Programs bool
}

// Enter gives up everything else. What the kernel cannot confine is in missing,
// in words; the error is that of a kernel which refuses what it offers.
func Enter(n Need) (missing []string, err error) { return enter(n) }
