package network

import (
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/internal/ruletest"
)

func TestRules(t *testing.T) { ruletest.Run(t, Rules(), nil) }
