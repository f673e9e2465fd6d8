// Package reliability holds the rules on what fails without an attacker.
package reliability
