// Package archtest keeps the architecture true: which package may import which,
// which library belongs to which package, and which calls only certain packages
// may make. The rules are the tables in table.go, each with its reason; the
// tests fail on a breach, on a package without a row, and on a row or an
// exception that nothing needs any more.
package archtest
