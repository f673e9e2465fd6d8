// Usage: groovy -cp ... Unit.groovy JENKINSFILE TEMPLATES
//
// Runs a Jenkinsfile and the library with JenkinsPipelineUnit and Jenkins' CPS
// transformation, which refuses what cannot be suspended.
import com.lesfurets.jenkins.unit.cps.BasePipelineTestCPS

def (jenkinsfile, templates) = args as List

class Test extends BasePipelineTestCPS {
  String templates
  void setUp() {
    scriptRoots = [new File(templates).path, '']
    scriptExtension = ''
    super.setUp()
    def text = { String n -> new File("${templates}/resources/${n}").text }
    helper.registerAllowedMethod('library', [String], null)
    helper.registerAllowedMethod('timeout', [Map, Closure], { Map a, Closure b -> b() })
    helper.registerAllowedMethod('isUnix', [], { true })
    helper.registerAllowedMethod('libraryResource', [String], text)
    helper.registerAllowedMethod('writeFile', [Map], null)
    helper.registerAllowedMethod('readFile', [Map], { 'KUSTOMS_GATE=failed\nKUSTOMS_FINDINGS=3\nKUSTOMS_FAILING=1\n' })
    helper.registerAllowedMethod('withEnv', [List, Closure], { List v, Closure b -> b() })
    helper.registerAllowedMethod('withCredentials', [List, Closure], { List v, Closure b -> b() })
    helper.registerAllowedMethod('gitUsernamePassword', [Map], { it })
    helper.registerAllowedMethod('sh', [Map], { 1 })
    helper.registerAllowedMethod('checkout', [Object], null)
    helper.registerAllowedMethod('unstable', [String], { binding.getVariable('currentBuild').result = 'UNSTABLE' })
    helper.registerAllowedMethod('error', [String], { binding.getVariable('currentBuild').result = 'FAILURE' })
    for (name in ['junit', 'recordIssues', 'archiveArtifacts', 'sarif']) {
      helper.registerAllowedMethod(name, [Map], null)
    }
    helper.registerAllowedMethod('discoverGitReferenceBuild', [], null)
    binding.setVariable('scm', [:])
    binding.setVariable('env', [CHANGE_TARGET: 'main', CHANGE_ID: '7'])
  }
}

def t = new Test(templates: templates)
t.setUp()
def lib = t.loadScript('vars/kustoms.groovy')
t.helper.registerAllowedMethod('kustoms', [Map], { Map a -> lib.call(a) })
t.runScript(jenkinsfile)
t.printCallStack()
println("RESULT ${t.binding.getVariable('currentBuild').result}")
