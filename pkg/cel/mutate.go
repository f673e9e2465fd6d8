package cel

import plugin "k8s.io/apiserver/pkg/admission/plugin/cel"

type mutation struct{}

func (p *Policy) compileMutations(plugin.OptionalVariableDeclarations) []Fault { return nil }
