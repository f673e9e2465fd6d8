// The pipeline step kustoms(...); vars/kustoms.txt is its help.
//
// Groovy 2.4, without closures that Jenkins cannot suspend. Nothing that comes
// from outside becomes part of a command: values reach the shell as environment
// variables, and credentials by bindings alone.

def call(Map args = [:]) {
  def cfg = settings(args)
  if (!isUnix()) {
    error('kustoms: the agent has no sh: use a Linux or macOS agent')
  }
  def found = [:]
  if (cfg.image) {
    docker.image(cfg.image).inside('--entrypoint=') {
      found = scan(cfg)
    }
  } else {
    found = scan(cfg)
  }
  publish(cfg, found)
  conclude(cfg, found)
  return found
}

// settings are the arguments over the defaults; one that is unknown or has no
// such value is an error, because a typing mistake must not open the gate.
def settings(Map args) {
  def cfg = [
    path: [], failOn: '', base: 'auto', policyFromBase: true, baseline: '', config: '', args: [],
    onFindings: 'unstable', onIncomplete: 'failure',
    version: '', sha256: '', mirror: '', mirrorCredentialsId: '', program: '', image: '',
    gitCredentialsId: '', credentials: [],
    id: 'kustoms', name: 'kustoms', output: 'kustoms-report', qualityGates: null, archive: true,
  ]
  for (key in args.keySet()) {
    if (!cfg.containsKey(key)) {
      error("kustoms: unknown argument \"${key}\"; there are ${cfg.keySet().join(', ')}")
    }
  }
  cfg.putAll(args)
  oneOf('onFindings', cfg.onFindings, ['unstable', 'failure', 'success'])
  oneOf('onIncomplete', cfg.onIncomplete, ['unstable', 'failure'])
  if (!(cfg.output ==~ '[A-Za-z0-9_][A-Za-z0-9._/-]*') || cfg.output.contains('..')) {
    error('kustoms: output is a folder below the workspace')
  }
  if (!cfg.image && !cfg.program && !cfg.version) {
    error('kustoms: say which kustoms to use: version to install one, program for one that is installed, or image')
  }
  cfg.path = asList(cfg.path)
  cfg.args = asList(cfg.args)
  return cfg
}

def oneOf(String name, value, List words) {
  if (!words.contains(value)) {
    error("kustoms: ${name} is one of ${words.join(', ')}")
  }
}

List asList(value) {
  if (value instanceof List) {
    return value
  }
  return value ? [value] : []
}

// scan runs kustoms and tells what it found.
def scan(Map cfg) {
  // A report of the build before must not stand for this one's.
  def variables = [
    "KUSTOMS_CI_OUTPUT=${cfg.output}",
    "KUSTOMS_CI_PATHS=${cfg.path.join('\n')}",
    "KUSTOMS_CI_ARGS=${cfg.args.join('\n')}",
    'KUSTOMS_CI_PLATFORM=jenkins',
    "KUSTOMS_ALL=${cfg.base == 'none' || !cfg.base ? 'true' : ''}",
    "KUSTOMS_BASE=${cfg.base == 'auto' || cfg.base == 'none' ? '' : cfg.base}",
    "KUSTOMS_OWN_POLICY=${cfg.policyFromBase ? '' : 'true'}",
    "KUSTOMS_CI_PROGRAM=${cfg.program ?: (cfg.image ? 'kustoms' : '')}",
    "KUSTOMS_CI_VERSION=${cfg.version}",
    "KUSTOMS_FAIL_ON=${cfg.failOn}",
    "KUSTOMS_BASELINE=${cfg.baseline}",
    "KUSTOMS_CONFIG=${cfg.config}",
    "KUSTOMS_CATEGORY=${cfg.id == 'kustoms' ? '' : cfg.id}",
    "KUSTOMS_SHA256=${cfg.sha256}",
    "KUSTOMS_MIRROR=${cfg.mirror}",
  ]
  def bindings = []
  bindings.addAll(cfg.credentials)
  if (cfg.mirrorCredentialsId) {
    bindings.add(usernamePassword(credentialsId: cfg.mirrorCredentialsId, usernameVariable: 'KUSTOMS_MIRROR_USER', passwordVariable: 'KUSTOMS_MIRROR_PASSWORD'))
  }
  if (cfg.gitCredentialsId) {
    bindings.add(gitUsernamePassword(credentialsId: cfg.gitCredentialsId, gitToolName: 'Default'))
  }
  def scripts = "${cfg.output}/.scripts"
  writeFile(file: "${scripts}/install.sh", text: libraryResource('dev/kustoms/install.sh'))
  def code = 0
  withEnv(variables) {
    if (bindings) {
      withCredentials(bindings) {
        code = sh(script: libraryResource('dev/kustoms/scan.sh'), returnStatus: true, label: 'kustoms')
      }
    } else {
      code = sh(script: libraryResource('dev/kustoms/scan.sh'), returnStatus: true, label: 'kustoms')
    }
  }
  def found = [code: code]
  if (code == 0 || code == 1 || code == 3) {
    def lines = readFile(file: "${cfg.output}/kustoms.env").split('\n')
    for (int i = 0; i < lines.length; i++) {
      def pair = lines[i].split('=')
      if (pair.length == 2) {
        def name = pair[0].replace('KUSTOMS_', '').toLowerCase()
        found[name] = name == 'gate' ? pair[1] : pair[1].toInteger()
      }
    }
    return found
  }
  error("kustoms: ended with ${code} and scanned nothing; the log says why")
}

// publish shows the reports where the plug-ins for them are installed.
def publish(Map cfg, Map found) {
  // kustoms decides the build's result, so a failed test case does not.
  optional('junit') {
    junit(testResults: "${cfg.output}/kustoms.xml", skipMarkingBuildUnstable: true)
  }
  optional('discoverGitReferenceBuild') {
    discoverGitReferenceBuild()
  }
  optional('recordIssues') {
    recordIssues(enabledForFailure: true, qualityGates: gates(cfg, found), skipBlames: true,
      tool: sarif(id: cfg.id, name: cfg.name, pattern: "${cfg.output}/kustoms.sarif"))
  }
  if (cfg.archive) {
    archiveArtifacts(artifacts: "${cfg.output}/kustoms.*", allowEmptyArchive: false)
  }
}

// gates are the quality gates of Warnings NG. By default its page shows red what
// kustoms' own gate found, never more: one policy decides, not two. A SARIF
// error is a "high" there.
def gates(Map cfg, Map found) {
  if (cfg.qualityGates != null) {
    return cfg.qualityGates
  }
  if (cfg.onFindings == 'success' || found.failing == 0) {
    return []
  }
  return [[threshold: 1, type: 'NEW_HIGH', criticality: cfg.onFindings == 'failure' ? 'FAILURE' : 'UNSTABLE']]
}

// optional runs a step that a plug-in brings, and says so where it is missing.
def optional(String step, Closure body) {
  try {
    body()
  } catch (NoSuchMethodError e) {
    if (!String.valueOf(e.message).contains(step)) {
      throw e
    }
    echo("kustoms: no step ${step} here, its plug-in is not installed: skipped")
  }
}

// conclude sets the build's result, now that everything is published.
def conclude(Map cfg, Map found) {
  if (found.code == 3) {
    result(cfg.onIncomplete, 'kustoms: incomplete: something could not be rendered or read; the report names it')
  } else if (found.code == 1) {
    result(cfg.onFindings, "kustoms: the gate failed: ${found.failing} of ${found.findings} findings")
  }
}

def result(String how, String message) {
  switch (how) {
    case 'failure':
      error(message)
      break
    case 'unstable':
      unstable(message)
      break
    default:
      echo(message)
  }
}
