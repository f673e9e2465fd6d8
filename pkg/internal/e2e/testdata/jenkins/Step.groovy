// Usage: groovy Step.groovy TEMPLATES PROGRAM WORKSPACE SCENARIO
//
// Drives vars/kustoms.groovy with steps that do what Jenkins' do where a shell
// can, and records every call. Prints one line a step, and the result last.
import groovy.json.JsonOutput

def (templates, program, workspace, scenario) = args as List
def ws = new File(workspace)
def missing = scenario.tokenize('+').findAll { it.startsWith('no-') }*.substring(3)
def options = evaluate(new File("${templates}/../../pkg/internal/e2e/testdata/jenkins/scenarios.groovy"))[scenario.tokenize('+')[0]]
def variables = [JENKINS_URL: 'https://ci.example.com/'] + (options.env ?: [:])
def result = 'SUCCESS'
def log = { String step, detail -> println("STEP ${step} ${JsonOutput.toJson(detail)}") }

class Failed extends RuntimeException { Failed(String m) { super(m) } }

def step = new GroovyShell(new Binding(options.env ? [env: options.env] : [env: [:]])).parse(new File("${templates}/vars/kustoms.groovy"))
def m = step.metaClass
m.isUnix = { -> options.unix != false }
m.echo = { String s -> log('echo', s) }
m.error = { String s -> log('error', s); throw new Failed(s) }
m.unstable = { String s -> log('unstable', s); result = 'UNSTABLE' }
m.libraryResource = { String name -> new File("${templates}/resources/${name}").text }
m.writeFile = { Map a -> def f = new File(ws, a.file); f.parentFile.mkdirs(); f.text = a.text }
m.readFile = { Map a -> new File(ws, a.file).text }
m.withEnv = { List vars, Closure body ->
  vars.each { variables[it.substring(0, it.indexOf('='))] = it.substring(it.indexOf('=') + 1) }
  body()
}
m.usernamePassword = { Map a -> [kind: 'usernamePassword'] + a }
m.gitUsernamePassword = { Map a -> [kind: 'gitUsernamePassword'] + a }
m.withCredentials = { List b, Closure body -> log('withCredentials', b); body() }
m.getDocker = { -> [image: { String name -> [inside: { String flags, Closure body -> log('image', name); body() }] }] }
m.sh = { Map a ->
  log('sh', [label: a.label, constant: a.script == new File("${templates}/resources/dev/kustoms/scan.sh").text])
  def p = new ProcessBuilder(['sh', '-c', a.script]).directory(ws).redirectErrorStream(true)
  p.environment().putAll(variables)
  p.environment().PATH = "${new File(program).parent}:${System.getenv('PATH')}".toString()
  def started = p.start()
  def printed = started.inputStream.text
  started.waitFor()
  printed.eachLine { println("  | ${it}") }
  return started.exitValue()
}
m.junit = { Map a -> log('junit', a + [there: new File(ws, a.testResults).exists()]); null }
m.sarif = { Map a -> [kind: 'sarif'] + a + [there: new File(ws, a.pattern).exists()] }
m.discoverGitReferenceBuild = { -> log('discoverGitReferenceBuild', null) }
m.recordIssues = { Map a -> log('recordIssues', a) }
m.archiveArtifacts = { Map a ->
  log('archiveArtifacts', a + [found: new File(ws, a.artifacts).parentFile.listFiles()*.name.findAll { it.startsWith('kustoms.') }.sort()])
}
missing.each { String name ->
  m.setProperty(name, { Map a = [:] -> throw new NoSuchMethodError("No such DSL method '${name}' found among steps [sh, echo]") })
}
try {
  def found = step.call(options.args.collectEntries { k, v -> [k, v instanceof String ? v.replace('PROGRAM', program) : v] })
  println("FOUND ${JsonOutput.toJson(found)}")
} catch (Failed e) {
  result = 'FAILURE'
}
println("RESULT ${result}")
